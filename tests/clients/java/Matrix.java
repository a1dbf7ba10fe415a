import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Format x subject strategy x nested message x key or value x framing x codec, through kafka-clients: what Java's libraries serialize is
 * stored, the same cut short by a byte is refused, and so is what stands under another subject. Confluent's serializers are not on
 * Maven Central, so their frame is put around the bytes of org.apache.avro, com.google.protobuf and jackson here.
 */
public class Matrix {
    static final String KAFKA = System.getenv("ASSAY_KAFKA");
    static final String HTTP = System.getenv("ASSAY_HTTP");
    static final ObjectMapper JSON = new ObjectMapper();
    static final HttpClient CLIENT = HttpClient.newHttpClient();
    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    static int failed = 0;

    /** What is serialized: its schema as it is registered, its record name, the indexes of its message, its bytes. */
    record Format(String name, String type, String schema, String recordName, int[] indexes, byte[] payload) {}

    interface Subject { String of(String topic, String part, String recordName); }

    static final Map<String, Subject> STRATEGIES = Map.of(
        "TopicNameStrategy", (topic, part, name) -> topic + "-" + part,
        "RecordNameStrategy", (topic, part, name) -> name,
        "TopicRecordNameStrategy", (topic, part, name) -> topic + "-" + name);

    static final String AVRO = "{\"type\":\"record\",\"name\":\"Outer\",\"namespace\":\"jmatrix.avro\",\"fields\":[{\"name\":\"inner\",\"type\":"
        + "{\"type\":\"record\",\"name\":\"Inner\",\"fields\":[{\"name\":\"text\",\"type\":\"string\"},"
        + "{\"name\":\"numbers\",\"type\":{\"type\":\"array\",\"items\":\"int\"}}]}}]}";
    static final String JSON_SCHEMA = "{\"title\":\"jmatrix.json.Outer\",\"type\":\"object\",\"required\":[\"inner\"],\"properties\":{\"inner\":"
        + "{\"type\":\"object\",\"required\":[\"text\"],\"properties\":{\"text\":{\"type\":\"string\"},"
        + "\"numbers\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}}}}";
    static final String PROTO = "syntax = \"proto3\";\npackage jmatrix;\nmessage First { string a = 1; }\nmessage Outer {\n"
        + "  message Middle { message Inner { string text = 1; repeated int32 numbers = 2; } Inner inner = 1; }\n  Middle middle = 1;\n}\n";

    static List<Format> formats() throws Exception {
        Schema avro = new Schema.Parser().parse(AVRO);
        GenericRecord inner = new GenericData.Record(avro.getField("inner").schema());
        inner.put("text", "héllo");
        inner.put("numbers", List.of(1, 2, 300));
        GenericRecord outer = new GenericData.Record(avro);
        outer.put("inner", inner);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(avro).write(outer, encoder);
        encoder.flush();
        byte[] json = JSON.writeValueAsBytes(Map.of("inner", Map.of("text", "héllo", "numbers", List.of(1, 2, 300))));

        FileDescriptor file = descriptor();
        Descriptor first = file.findMessageTypeByName("First");
        Descriptor outerType = file.findMessageTypeByName("Outer");
        Descriptor middleType = outerType.findNestedTypeByName("Middle");
        Descriptor innerType = middleType.findNestedTypeByName("Inner");
        DynamicMessage a = DynamicMessage.newBuilder(first).setField(first.findFieldByName("a"), "x").build();
        DynamicMessage.Builder numbers = DynamicMessage.newBuilder(innerType).setField(innerType.findFieldByName("text"), "héllo");
        for (int n : new int[] {1, 2, 300}) numbers.addRepeatedField(innerType.findFieldByName("numbers"), n);
        DynamicMessage nested = numbers.build();
        DynamicMessage middle = DynamicMessage.newBuilder(middleType).setField(middleType.findFieldByName("inner"), nested).build();
        DynamicMessage whole = DynamicMessage.newBuilder(outerType).setField(outerType.findFieldByName("middle"), middle).build();
        return List.of(
            new Format("avro", "AVRO", AVRO, "jmatrix.avro.Outer", null, out.toByteArray()),
            new Format("json", "JSON", JSON_SCHEMA, "jmatrix.json.Outer", null, json),
            new Format("protobuf first", "PROTOBUF", PROTO, "jmatrix.First", new int[] {0}, a.toByteArray()),
            new Format("protobuf second", "PROTOBUF", PROTO, "jmatrix.Outer", new int[] {1}, whole.toByteArray()),
            new Format("protobuf nested", "PROTOBUF", PROTO, "jmatrix.Outer.Middle.Inner", new int[] {1, 0, 0}, nested.toByteArray()));
    }

    static FieldDescriptorProto.Builder field(String name, int number, FieldDescriptorProto.Type type) {
        return FieldDescriptorProto.newBuilder().setName(name).setNumber(number).setType(type)
            .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL);
    }

    /** PROTO, as protoc would describe it. */
    static FileDescriptor descriptor() throws Exception {
        var text = FieldDescriptorProto.Type.TYPE_STRING;
        var message = FieldDescriptorProto.Type.TYPE_MESSAGE;
        DescriptorProto inner = DescriptorProto.newBuilder().setName("Inner").addField(field("text", 1, text))
            .addField(field("numbers", 2, FieldDescriptorProto.Type.TYPE_INT32).setLabel(FieldDescriptorProto.Label.LABEL_REPEATED)).build();
        DescriptorProto middle = DescriptorProto.newBuilder().setName("Middle").addNestedType(inner)
            .addField(field("inner", 1, message).setTypeName(".jmatrix.Outer.Middle.Inner")).build();
        DescriptorProto outer = DescriptorProto.newBuilder().setName("Outer").addNestedType(middle)
            .addField(field("middle", 1, message).setTypeName(".jmatrix.Outer.Middle")).build();
        DescriptorProto first = DescriptorProto.newBuilder().setName("First").addField(field("a", 1, text)).build();
        FileDescriptorProto file = FileDescriptorProto.newBuilder().setName("jmatrix.proto").setPackage("jmatrix").setSyntax("proto3")
            .addMessageType(first).addMessageType(outer).build();
        return FileDescriptor.buildFrom(file, new FileDescriptor[0]);
    }

    static JsonNode call(String method, String path, Object body) throws Exception {
        HttpRequest.BodyPublisher publisher = body == null ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body));
        HttpRequest request = HttpRequest.newBuilder(URI.create(HTTP + path)).header("Content-Type", "application/json")
            .method(method, publisher).build();
        HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) throw new AssertionError(path + ": " + answer.body());
        return JSON.readTree(answer.body());
    }

    /** Confluent's message indexes: the count and each as a zigzag varint; a single 0 stands for the first message. */
    static byte[] indexes(int[] indexes) {
        if (indexes == null) return new byte[0];
        if (indexes.length == 1 && indexes[0] == 0) return new byte[] {0};
        byte[] out = new byte[indexes.length + 1];
        out[0] = (byte) (indexes.length << 1);
        for (int at = 0; at < indexes.length; at++) out[at + 1] = (byte) (indexes[at] << 1);
        return out;
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) out.writeBytes(part);
        return out.toByteArray();
    }

    static KafkaProducer<byte[], byte[]> producer(String codec) {
        return new KafkaProducer<>(Map.of("bootstrap.servers", KAFKA, "compression.type", codec, "linger.ms", "0", "acks", "1",
            "enable.idempotence", "false"), new ByteArraySerializer(), new ByteArraySerializer());
    }

    static Future<?> send(KafkaProducer<byte[], byte[]> producer, String topic, String part, byte[] data, byte[] header) {
        boolean key = part.equals("key");
        var record = new ProducerRecord<byte[], byte[]>(topic, 0, key ? data : "k".getBytes(), key ? "v".getBytes() : data);
        if (header != null) record.headers().add("__" + part + "_schema_id", header);
        return producer.send(record);
    }

    static void refused(Future<?> sent, String what) throws Exception {
        try {
            sent.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InvalidRecordException) return;
            throw e;
        }
        throw new AssertionError(what + " was stored");
    }

    static void cell(Admin admin, List<KafkaProducer<byte[], byte[]>> producers, Format format, String strategy, String part, String framing)
            throws Exception {
        String topic = String.join("-", "jm", format.name.replace(' ', '-'), strategy, part, framing);
        String other = part.equals("key") ? "value" : "key";
        admin.createTopics(List.of(
            new NewTopic(topic, 1, (short) 1).configs(Map.of("assay." + part + ".validation", "payload",
                "assay." + part + ".subject.name.strategy", strategy, "assay." + other + ".validation", "off")),
            new NewTopic(topic + "-other", 1, (short) 1).configs(Map.of("assay." + part + ".validation", "id",
                "assay." + part + ".subjects", "nobody")))).all().get();
        String subject = STRATEGIES.get(strategy).of(topic, part, format.recordName);
        Map<String, String> body = Map.of("schema", format.schema, "schemaType", format.type);
        int id = call("POST", "/subjects/" + subject + "/versions", body).get("id").asInt();
        byte[] indexes = indexes(format.indexes);
        byte[] data = format.payload, header = null;
        if (framing.equals("prefix")) {
            data = concat(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array(), indexes, format.payload);
        } else {
            UUID guid = UUID.fromString(call("GET", "/subjects/" + subject + "/versions/latest", null).get("guid").asText());
            byte[] bytes = ByteBuffer.allocate(16).putLong(guid.getMostSignificantBits()).putLong(guid.getLeastSignificantBits()).array();
            header = concat(new byte[] {1}, bytes, indexes);
        }
        byte[] cut = Arrays.copyOf(data, data.length - 1);
        List<Future<?>> good = new ArrayList<>(), bad = new ArrayList<>();
        for (var producer : producers) { // one request each: a bad record would take good ones of its batch along
            good.add(send(producer, topic, part, data, header));
            producer.flush();
            bad.add(send(producer, topic, part, cut, header));
        }
        for (int at = 0; at < producers.size(); at++) {
            good.get(at).get();
            refused(bad.get(at), CODECS.get(at) + ": a byte less");
        }
        refused(send(producers.get(0), topic + "-other", part, data, header), "another subject");
    }

    public static void main(String[] args) throws Exception {
        List<KafkaProducer<byte[], byte[]>> producers = CODECS.stream().map(Matrix::producer).toList();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", KAFKA))) {
            for (Format format : formats()) {
                for (String strategy : STRATEGIES.keySet().stream().sorted().toList()) {
                    for (String part : List.of("value", "key")) {
                        for (String framing : List.of("prefix", "header")) {
                            String name = "java matrix " + String.join(", ", format.name, strategy, part, framing);
                            try {
                                cell(admin, producers, format, strategy, part, framing);
                                System.out.println("ok - " + name);
                            } catch (Throwable e) {
                                failed++;
                                System.out.println("not ok - " + name);
                                e.printStackTrace(System.out);
                            }
                        }
                    }
                }
            }
        }
        producers.forEach(KafkaProducer::close);
        System.exit(failed == 0 ? 0 : 1);
    }
}
