import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The Java client against a running assay: idempotent by default, every codec, a group, a bad batch in a stream, admin. */
public class Clients {
    static final String KAFKA = System.getenv("ASSAY_KAFKA");
    static final String HTTP = System.getenv("ASSAY_HTTP");
    static int failed = 0;

    interface Body { void run() throws Exception; }

    static void check(String name, Body body) {
        try {
            body.run();
            System.out.println("ok - java " + name);
        } catch (Throwable e) {
            failed++;
            System.out.println("not ok - java " + name);
            e.printStackTrace(System.out);
        }
    }

    static Schema schema() throws Exception {
        return new Schema.Parser().parse(Files.readString(Path.of(System.getenv("ASSAY_EXAMPLES"), "orders.avsc")));
    }

    static int register(String subject) throws Exception {
        String text = Files.readString(Path.of(System.getenv("ASSAY_EXAMPLES"), "orders.avsc"));
        String body = "{\"schema\":\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"}";
        HttpRequest request = HttpRequest.newBuilder(URI.create(HTTP + "/subjects/" + subject + "/versions"))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .POST(HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        String text2 = answer.body();
        if (answer.statusCode() != 200) throw new AssertionError(text2);
        return Integer.parseInt(text2.replaceAll(".*\"id\":(\\d+).*", "$1"));
    }

    static byte[] order(Schema schema, int id, int n) throws Exception {
        GenericRecord record = new GenericData.Record(schema);
        record.put("id", "order-" + n);
        record.put("customer", "customer");
        Schema item = schema.getField("items").schema().getElementType();
        GenericRecord line = new GenericData.Record(item);
        line.put("sku", "sku");
        line.put("qty", n);
        line.put("price", 1.5);
        record.put("items", List.of(line));
        record.put("created", 1700000000000L + n);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema).write(record, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
        Properties p = new Properties();
        p.put("bootstrap.servers", KAFKA);
        p.put("delivery.timeout.ms", "30000");
        p.put("request.timeout.ms", "10000");
        p.putAll(more);
        return new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer());
    }

    static List<Integer> readAll(String topic, int expected) {
        Properties p = new Properties();
        p.put("bootstrap.servers", KAFKA);
        p.put("group.id", "java-" + topic);
        p.put("auto.offset.reset", "earliest");
        List<Integer> keys = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadline = System.currentTimeMillis() + 60000;
            while (keys.size() < expected && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(500))) {
                    if (r.offset() != keys.size()) throw new AssertionError("offset " + r.offset() + " after " + keys.size());
                    keys.add(Integer.parseInt(new String(r.key())));
                }
            }
            consumer.commitSync();
            long committed = consumer.committed(Set.of(new TopicPartition(topic, 0))).get(new TopicPartition(topic, 0)).offset();
            if (committed != keys.size()) throw new AssertionError("committed " + committed);
            long end = consumer.endOffsets(List.of(new TopicPartition(topic, 0))).get(new TopicPartition(topic, 0));
            if (end != expected) throw new AssertionError("log end offset " + end + ", expected " + expected);
        }
        return keys;
    }

    static void roundTrip(String codec) throws Exception {
        String topic = "java-" + codec;
        int id = register(topic + "-value");
        Schema schema = schema();
        int count = 10000;
        List<Integer> expected = new ArrayList<>();
        try (var producer = producer(Map.of("compression.type", codec, "linger.ms", "5"))) {
            for (int n = 0; n < count; n++) {
                producer.send(new ProducerRecord<>(topic, 0, ("" + n).getBytes(), order(schema, id, n)), (m, e) -> {
                    if (e != null) throw new IllegalStateException(e);
                });
                expected.add(n);
            }
            producer.flush();
        }
        if (!readAll(topic, count).equals(expected)) throw new AssertionError("records differ");
    }

    static void badBatch(String topic, Set<Integer> bad) throws Exception {
        int id = register(topic + "-value");
        Schema schema = schema();
        Set<Integer> refused = new ConcurrentSkipListSet<>();
        List<String> reasons = java.util.Collections.synchronizedList(new ArrayList<>());
        int count = 400;
        try (var producer = producer(Map.of("batch.size", "400", "linger.ms", "1", "max.in.flight.requests.per.connection", "5"))) {
            for (int n = 0; n < count; n++) {
                byte[] value = order(schema, id, n);
                if (bad.contains(n)) value = java.util.Arrays.copyOf(value, 8);
                int at = n;
                producer.send(new ProducerRecord<>(topic, 0, ("" + n).getBytes(), value), (m, e) -> {
                    if (e != null) {
                        refused.add(at);
                        reasons.add(at + ": " + e);
                    }
                });
            }
            producer.flush();
            for (int n = count; n < count + 50; n++) {
                producer.send(new ProducerRecord<>(topic, 0, ("" + n).getBytes(), order(schema, id, n))).get();
            }
        }
        if (!refused.containsAll(bad)) throw new AssertionError("accepted a bad record; refused " + refused);
        for (int n : bad) {
            if (reasons.stream().noneMatch(r -> r.startsWith(n + ":") && r.contains("schema " + id))) {
                throw new AssertionError("no reason for record " + n + ": " + reasons);
            }
        }
        if (refused.size() > bad.size() * 12) throw new AssertionError(refused.size() + " refused: " + reasons);
        List<Integer> expected = new ArrayList<>();
        for (int n = 0; n < count + 50; n++) if (!refused.contains(n)) expected.add(n);
        List<Integer> got = readAll(topic, expected.size());
        if (!got.equals(expected)) throw new AssertionError("stored records differ from the acknowledged: " + new TreeSet<>(got));
    }

    /** There are no transactions: a transactional producer learns it when it begins, as an error that ends it. */
    static void transactional() throws Exception {
        try (var producer = producer(Map.of("transactional.id", "java-transactional", "max.block.ms", "20000"))) {
            producer.initTransactions();
            throw new AssertionError("a transactional producer was let in");
        } catch (TransactionalIdAuthorizationException e) {
            return; // error 53
        }
    }

    /** The same idempotent producer, one record at a time: refused, then stored, with the sequence numbers of a new epoch. */
    static void goesOn() throws Exception {
        String topic = "java-goes-on";
        int id = register(topic + "-value");
        Schema schema = schema();
        int stored = 0;
        try (var producer = producer(Map.of())) {
            for (int n = 0; n < 30; n++) {
                byte[] value = order(schema, id, n);
                boolean bad = n % 3 == 1;
                var sent = producer.send(new ProducerRecord<>(topic, 0, ("" + stored).getBytes(), bad ? java.util.Arrays.copyOf(value, 8) : value));
                try {
                    long offset = sent.get().offset();
                    if (bad || offset != stored) throw new AssertionError("record " + n + " is stored at " + offset);
                    stored++;
                } catch (ExecutionException e) {
                    if (!bad || !(e.getCause() instanceof InvalidRecordException)) throw e;
                    if (e.getCause() instanceof RetriableException) throw new AssertionError("it would be tried again");
                    if (!e.getCause().getMessage().contains("schema " + id)) throw new AssertionError(e.getCause().getMessage());
                }
            }
        }
        if (readAll(topic, stored).size() != stored) throw new AssertionError("records differ");
    }

    static void admin() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", KAFKA))) {
            admin.createTopics(List.of(new NewTopic("java-admin", 3, (short) 1).configs(Map.of("retention.ms", "60000")))).all().get();
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "java-admin");
            var config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            if (!config.get("retention.ms").value().equals("60000")) throw new AssertionError(config);
            admin.incrementalAlterConfigs(Map.of(resource, List.of(
                new AlterConfigOp(new ConfigEntry("retention.ms", "70000"), AlterConfigOp.OpType.SET)))).all().get();
            config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
            if (!config.get("retention.ms").value().equals("70000")) throw new AssertionError(config);
            if (admin.describeTopics(List.of("java-admin")).allTopicNames().get().get("java-admin").partitions().size() != 3) {
                throw new AssertionError("partitions");
            }
            try {
                admin.createTopics(List.of(new NewTopic("java-rf3", 1, (short) 3))).all().get();
                throw new AssertionError("replication factor 3 accepted");
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof InvalidReplicationFactorException)
                    || !e.getCause().getMessage().contains("assay.accept.any.replication.factor")) throw e;
            }
            if (admin.describeCluster().nodes().get().size() != 1) throw new AssertionError("nodes");
            admin.listConsumerGroups().all().get();
            admin.deleteTopics(List.of("java-admin")).all().get();
            if (admin.listTopics().names().get().contains("java-admin")) throw new AssertionError("not deleted");
        }
    }

    public static void main(String[] args) {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            check("avro " + codec + " 10000 records", () -> roundTrip(codec));
        }
        check("bad batch first", () -> badBatch("java-bad-first", Set.of(0)));
        check("bad batch in the middle", () -> badBatch("java-bad-middle", Set.of(200)));
        check("idempotent producer goes on after refusals", Clients::goesOn);
        check("transactional producer is refused", Clients::transactional);
        check("admin", Clients::admin);
        System.exit(failed == 0 ? 0 : 1);
    }
}
