import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Says what Apache Avro for Java makes of schemas and data. One question a line on standard input, its parts separated
 * by tabs; one answer a line: {@code OK<tab>...} or {@code ERR<tab>message}. The mode is the first argument:
 *
 * <pre>
 * new, stored  schema [reference ...]  -> canonical text, parsed strictly or permissively
 * compat       reader writer           -> [type,location,message] rows, none if compatible, separated by tabs
 * decode       schema hex              -> bytes left over after one datum, then the datum
 * resolve      writer reader hex       -> the same, written with one schema and read with another
 * rewrite      writer reader hex       -> bytes left over, then the datum as the reader's schema writes it, as hex
 * bench        reader writer           -> nanoseconds of one warm check, schemas parsed, no incompatibility
 * double       text                    -> Double.toString of the number
 * decimal      text                    -> BigDecimal.toString of the number
 * </pre>
 */
public final class AvroJudge {
  public static void main(String[] args) throws Exception {
    String mode = args[0];
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String answer;
      try {
        answer = "OK\t" + answer(mode, line.split("\t", -1));
      } catch (Exception | StackOverflowError e) {
        answer = "ERR\t" + oneLine(e.getClass().getSimpleName() + ": " + e.getMessage());
      }
      out.print(answer + "\n");
      out.flush();
    }
  }

  private static String answer(String mode, String[] parts) throws Exception {
    switch (mode) {
      case "new":
        return canonical(parts, NameValidator.STRICT_VALIDATOR, true);
      case "stored":
        return canonical(parts, NameValidator.UTF_VALIDATOR, false);
      case "compat":
        return compat(parse(parts[0]), parse(parts[1]));
      case "decode":
        return decode(parse(parts[0]), parse(parts[0]), HexFormat.of().parseHex(parts[1]));
      case "resolve":
        return decode(parse(parts[0]), parse(parts[1]), HexFormat.of().parseHex(parts[2]));
      case "rewrite":
        return rewrite(schema(parts[0]), schema(parts[1]), HexFormat.of().parseHex(parts[2]));
      case "bench":
        return bench(parse(parts[0]), parse(parts[1]));
      case "double":
        return Double.toString(Double.parseDouble(parts[0]));
      case "decimal":
        return new java.math.BigDecimal(parts[0]).toString();
      default:
        throw new IllegalArgumentException("unknown mode " + mode);
    }
  }

  private static Schema parse(String text) {
    return new Schema.Parser(NameValidator.UTF_VALIDATOR).setValidateDefaults(false).parse(text);
  }

  /** A schema that Java cannot even parse says so: no judgement on data. */
  private static Schema schema(String text) {
    try {
      return parse(text);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("unusable schema: " + e.getMessage());
    }
  }

  @SuppressWarnings("deprecation")
  private static String canonical(String[] parts, NameValidator names, boolean defaults) {
    Schema.Parser parser = new Schema.Parser(names);
    parser.setValidateDefaults(false);
    List<Schema> references = new ArrayList<>();
    for (int i = 1; i < parts.length; i++) {
      references.add(parser.parse(parts[i]));
    }
    parser.setValidateDefaults(defaults);
    return parser.parse(parts[0]).toString(references, false);
  }

  private static String compat(Schema reader, Schema writer) {
    StringBuilder rows = new StringBuilder();
    for (Incompatibility row :
        SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult().getIncompatibilities()) {
      rows.append(rows.length() == 0 ? "" : "\t");
      rows.append(row.getType()).append(' ').append(row.getLocation()).append(' ').append(oneLine(row.getMessage()));
    }
    return rows.toString();
  }

  /** Checks for half a second; what runs the bench throws the first answers away, which warm the machine up. */
  private static String bench(Schema reader, Schema writer) {
    long checks = 0;
    long start = System.nanoTime();
    long now = start;
    while (now - start < 500_000_000L) {
      for (int i = 0; i < 100; i++) {
        if (!SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult().getIncompatibilities().isEmpty()) {
          throw new IllegalArgumentException("the schemas are not compatible");
        }
      }
      checks += 100;
      now = System.nanoTime();
    }
    return Long.toString((now - start) / checks);
  }

  private static String decode(Schema writer, Schema reader, byte[] payload) throws Exception {
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(payload, null);
    Object datum = new GenericDatumReader<Object>(writer, reader).read(null, decoder);
    return decoder.inputStream().available() + "\t" + oneLine(String.valueOf(datum));
  }

  private static String rewrite(Schema writer, Schema reader, byte[] payload) throws Exception {
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(payload, null);
    Object datum = new GenericDatumReader<Object>(writer, reader).read(null, decoder);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<Object>(reader).write(datum, encoder);
    return decoder.inputStream().available() + "\t" + HexFormat.of().formatHex(out.toByteArray());
  }

  private static String oneLine(String text) {
    return text.replaceAll("[\\t\\r\\n]+", " ");
  }
}
