// The whole life of a subject with the official Java registry client, shaded in Flink's Confluent registry format.
// It is of generation 7 and fails on unknown members, so the server runs with --api-generation 7.

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.Config;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaReference;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;

public class Life {
  interface Scene {
    void play(String subject) throws Exception;
  }

  static int failed = 0;

  static void check(String name, Scene scene) {
    try {
      scene.play("flink-" + name);
      System.out.println("ok - java registry client: " + name);
    } catch (Throwable error) {
      failed++;
      System.out.println("not ok - java registry client: " + name);
      error.printStackTrace(System.out);
    }
  }

  /** A client with empty caches, so that every look-up asks the server. */
  static SchemaRegistryClient client() {
    return new CachedSchemaRegistryClient(System.getenv("ASSAY_HTTP"), 100);
  }

  static AvroSchema record(String... fields) {
    List<String> rows = new ArrayList<>();
    for (String field : fields) rows.add("{\"name\":\"" + field + "\",\"type\":\"string\",\"default\":\"\"}");
    return new AvroSchema("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"life\",\"fields\":[" + String.join(",", rows) + "]}");
  }

  static void same(Object expected, Object got) {
    if (!expected.equals(got)) throw new AssertionError("expected " + expected + ", got " + got);
  }

  static void refused(int code, Callable<?> call) throws Exception {
    try {
      call.call();
    } catch (RestClientException error) {
      same(code, error.getErrorCode());
      return;
    }
    throw new AssertionError("not refused, expected " + code);
  }

  static final AvroSchema INCOMPATIBLE =
      new AvroSchema("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"life\",\"fields\":[{\"name\":\"n\",\"type\":\"int\"}]}");

  static void versions(String s) throws Exception {
    int first = client().register(s, record("a"));
    int second = client().register(s, record("a", "b"));
    int third = client().register(s, record("a", "b", "c"));
    same(first, client().register(s, record("a")));
    same(List.of(1, 2, 3), client().getAllVersions(s));
    same(third, client().getLatestSchemaMetadata(s).getId());
    same(second, client().getSchemaMetadata(s, 2).getId());
    same(record("a").canonicalString(), client().getSchemaBySubjectAndId(s, first).canonicalString());
    same(record("a", "b"), client().getSchemaById(second));
    same(2, client().getVersion(s, record("a", "b")));
    same(third, client().getId(s, record("a", "b", "c")));
    same(true, client().getAllSubjectsById(first).contains(s));
    same(true, client().getAllVersionsById(second).toString().contains(s));
    same(record("a").canonicalString(), client().getByVersion(s, 1, false).getSchema());
    same(3, client().getSchemas(s, false, false).size());
    same(1, client().getSchemas(s, false, true).size());
    same(true, client().getAllSubjects().contains(s));
    same(true, client().getAllSubjectsByPrefix(s).contains(s));
    refused(40403, () -> client().getId(s, record("zzz")));
    refused(40402, () -> client().getSchemaMetadata(s, 9));
    refused(40401, () -> client().getAllVersions(s + "-none"));
  }

  static void compatibility(String s) throws Exception {
    client().register(s, record("a"));
    same(true, client().testCompatibility(s, record("a", "b")));
    same(false, client().testCompatibility(s, INCOMPATIBLE));
    same(true, client().testCompatibilityVerbose(s, INCOMPATIBLE).get(0).contains("READER_FIELD_MISSING_DEFAULT_VALUE"));
    refused(409, () -> client().register(s, INCOMPATIBLE));
    same("NONE", client().updateCompatibility(s, "NONE"));
    same("NONE", client().getCompatibility(s));
    client().register(s, INCOMPATIBLE);
    Config config = new Config("FULL");
    config.setNormalize(true);
    client().updateConfig(s, config);
    same("FULL", client().getConfig(s).getCompatibilityLevel());
    same(true, client().getConfig(s).isNormalize());
    client().deleteConfig(s);
    refused(40408, () -> client().getConfig(s));
    same("BACKWARD", client().getCompatibility(null));
  }

  static void modes(String s) throws Exception {
    same("READWRITE", client().getMode());
    same("READONLY", client().setMode("READONLY", s));
    same("READONLY", client().getMode(s));
    refused(42205, () -> client().register(s, record("a")));
    client().deleteMode(s);
    same("IMPORT", client().setMode("IMPORT", s));
    client().register(s, record("imported"), 5, 7001);
    same(7001, client().getSchemaMetadata(s, 5).getId());
  }

  static void deletes(String s) throws Exception {
    client().register(s, record("a"));
    client().register(s, record("a", "b"));
    same(1, client().deleteSchemaVersion(s, "1"));
    same(List.of(2), client().getAllVersions(s));
    same(List.of(1, 2), client().getAllVersions(s, true));
    same(List.of(2), client().deleteSubject(s));
    refused(40404, () -> client().deleteSubject(s));
    refused(40406, () -> client().deleteSchemaVersion(s, "1"));
    same(false, client().getAllSubjects().contains(s));
    same(true, client().getAllSubjects(true).contains(s));
    same(1, client().deleteSchemaVersion(s, "1", true));
    same(List.of(2), client().deleteSubject(s, true));
    refused(40401, () -> client().getAllVersions(s));
  }

  static void references(String s) throws Exception {
    String item = "{\"type\":\"record\",\"name\":\"Item\",\"namespace\":\"life\",\"fields\":[]}";
    client().register(s + "-item", new AvroSchema(item));
    AvroSchema order =
        new AvroSchema(
            "{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"life\",\"fields\":[{\"name\":\"i\",\"type\":\"life.Item\"}]}",
            List.of(new SchemaReference("life.Item", s + "-item", 1)),
            Map.of("life.Item", item),
            null);
    int id = client().register(s, order);
    same(order.references(), client().getSchemaById(id).references());
    refused(42206, () -> client().deleteSchemaVersion(s + "-item", "1"));
  }

  static void contexts(String s) throws Exception {
    String inside = ":.flink:" + s;
    int id = client().register(inside, record("in", "a", "context"));
    same(record("in", "a", "context"), client().getSchemaBySubjectAndId(inside, id));
    same(true, client().getAllSubjectsByPrefix(":.flink:").contains(inside));
    same(1, client().getVersion(inside, record("in", "a", "context")));
    same("NONE", client().updateCompatibility(inside, "NONE"));
    same("READONLY", client().setMode("READONLY", inside));
    refused(42205, () -> client().register(inside, record("not", "now")));
    client().deleteMode(inside);
    same(List.of(1), client().deleteSubject(inside));
    same(List.of(1), client().deleteSubject(inside, true));
  }

  static void normalized(String s) throws Exception {
    AvroSchema first = new AvroSchema("{\"type\":\"record\",\"name\":\"R\",\"doc\":\"d\",\"fields\":[],\"b\":1,\"a\":2}");
    AvroSchema second = new AvroSchema("{\"type\":\"record\",\"name\":\"R\",\"doc\":\"d\",\"fields\":[],\"a\":2,\"b\":1}");
    int id = client().register(s, first, true);
    same(id, client().register(s, second, true));
    same(id, client().getId(s, second, true));
    same(1, client().getVersion(s, first, true));
    same(List.of(1), client().getAllVersions(s));
  }

  public static void main(String[] args) {
    check("versions", Life::versions);
    check("compatibility", Life::compatibility);
    check("modes", Life::modes);
    check("deletes", Life::deletes);
    check("references", Life::references);
    check("contexts", Life::contexts);
    check("normalized", Life::normalized);
    System.exit(failed == 0 ? 0 : 1);
  }
}
