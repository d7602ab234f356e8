package io.portcullis.embedded;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * {@code run.json} in the data folder: how the command line reaches the gateway that runs there, and its servers. It holds passwords, so
 * its mode is 0600.
 *
 * @param pid the gateway's process
 * @param stamp tells that process from a later one with the same number
 * @param dataPlane URL of the data plane
 * @param management URL of the management port
 * @param postgres URL of the database, with the application role's password
 * @param redis URL of Redis, with its password
 * @param secrets folder of the files that hold what was made once: passwords, pepper, management token
 */
public record RunFile(
        long pid, String stamp, String dataPlane, String management, String postgres, String redis, String secrets) {

    private static final String NAME = "run.json";
    /** Raised when an older reader would misunderstand the file; a new field alone is no reason. */
    private static final int FORMAT = 1;

    private static final JsonFactory JSON = new JsonFactory();

    /** What this process, the gateway, would write about itself. */
    public static RunFile ofThisProcess(
            String dataPlane, String management, String postgres, String redis, Path secrets) {
        long pid = ProcessHandle.current().pid();
        return new RunFile(
                pid,
                ProcessStamp.of(pid).orElse("unknown"),
                dataPlane,
                management,
                postgres,
                redis,
                secrets.toAbsolutePath().toString());
    }

    /** Writes it into {@code dataFolder} in one step: a reader sees the former file or this one. */
    public void write(Path dataFolder) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeNumberField("format", FORMAT);
            json.writeNumberField("pid", pid);
            json.writeStringField("stamp", stamp);
            json.writeStringField("dataPlane", dataPlane);
            json.writeStringField("management", management);
            json.writeStringField("postgres", postgres);
            json.writeStringField("redis", redis);
            json.writeStringField("secrets", secrets);
            json.writeEndObject();
        }
        AtomicFile.write(dataFolder.resolve(NAME), text + "\n");
    }

    /**
     * The gateway that runs on {@code dataFolder}. Empty: none does, also where one was killed and left its file behind.
     *
     * @throws IOException the file cannot be read (it belongs to another user, say) or understood
     */
    public static Optional<RunFile> read(Path dataFolder) throws IOException {
        Path file = dataFolder.resolve(NAME);
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        RunFile found = parse(file, text);
        return ProcessStamp.of(found.pid).filter(found.stamp::equals).map(alive -> found);
    }

    /** Deletes the file in {@code dataFolder} if it is this process that wrote it; called on a clean stop. */
    public static void delete(Path dataFolder) throws IOException {
        Optional<RunFile> found = read(dataFolder);
        if (found.isPresent() && found.get().pid == ProcessHandle.current().pid()) {
            Files.deleteIfExists(dataFolder.resolve(NAME));
        }
    }

    private static RunFile parse(Path file, String text) throws IOException {
        Map<String, String> fields = new HashMap<>();
        try (JsonParser json = JSON.createParser(text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException(file + " is not a JSON object");
            }
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                if (json.nextToken().isScalarValue()) {
                    fields.put(name, json.getText());
                } else {
                    json.skipChildren();
                }
            }
        }
        String format = field(file, fields, "format");
        if (!format.equals(Integer.toString(FORMAT))) {
            throw new IOException(file + " has format " + format + "; this version reads " + FORMAT);
        }
        try {
            return new RunFile(
                    Long.parseLong(field(file, fields, "pid")),
                    field(file, fields, "stamp"),
                    field(file, fields, "dataPlane"),
                    field(file, fields, "management"),
                    field(file, fields, "postgres"),
                    field(file, fields, "redis"),
                    field(file, fields, "secrets"));
        } catch (NumberFormatException e) {
            throw new IOException(file + " names no process", e);
        }
    }

    private static String field(Path file, Map<String, String> fields, String name) throws IOException {
        String value = fields.get(name);
        if (value == null) {
            throw new IOException(file + " lacks \"" + name + "\"");
        }
        return value;
    }

    /** Without the URLs that carry passwords. */
    @Override
    public String toString() {
        return "RunFile[pid=" + pid + ", dataPlane=" + dataPlane + ", management=" + management + "]";
    }
}
