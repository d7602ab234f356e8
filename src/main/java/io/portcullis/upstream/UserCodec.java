package io.portcullis.upstream;

import io.portcullis.cache.ValueCodec;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A user, or that there is none, as Redis holds it. */
final class UserCodec implements ValueCodec<Optional<User>> {

    @Override
    public void write(Optional<User> value, DataOutput out) throws IOException {
        out.writeBoolean(value.isPresent());
        if (value.isPresent()) {
            User user = value.get();
            out.writeUTF(user.id());
            text(out, user.email());
            text(out, user.firstName());
            text(out, user.lastName());
            out.writeInt(user.roles().size());
            for (String role : user.roles()) {
                out.writeUTF(role);
            }
            out.writeBoolean(user.active());
        }
    }

    @Override
    public Optional<User> read(DataInput in) throws IOException {
        if (!in.readBoolean()) {
            return Optional.empty();
        }
        return Optional.of(new User(in.readUTF(), text(in), text(in), text(in), roles(in), in.readBoolean()));
    }

    private static List<String> roles(DataInput in) throws IOException {
        int count = in.readInt();
        List<String> roles = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            roles.add(in.readUTF());
        }
        return roles;
    }

    private static void text(DataOutput out, @Nullable String text) throws IOException {
        out.writeBoolean(text != null);
        if (text != null) {
            out.writeUTF(text);
        }
    }

    private static @Nullable String text(DataInput in) throws IOException {
        return in.readBoolean() ? in.readUTF() : null;
    }
}
