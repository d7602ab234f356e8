package io.portcullis.accounts;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What an administrator may do; each may what those before it may. */
public enum Role {
    /** Reads. */
    VIEWER,
    /** Changes clients and keys. */
    OPERATOR,
    /** Makes tokens for others, and may show a credential to have it explained. */
    ADMIN;

    public boolean includes(Role least) {
        return compareTo(least) >= 0;
    }

    /** As it is written in JSON and in the database. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of that text, or null where there is none. */
    public static @Nullable Role of(@Nullable String text) {
        for (Role role : values()) {
            if (role.text().equals(text)) {
                return role;
            }
        }
        return null;
    }
}
