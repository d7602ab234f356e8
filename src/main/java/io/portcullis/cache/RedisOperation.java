package io.portcullis.cache;

/** What is asked of Redis, as metrics name it, and what it may answer. */
public enum RedisOperation {
    GET(true) {
        @Override
        boolean accepts(Reply reply) {
            return reply instanceof Reply.Bulk || reply == Reply.Nil.NIL;
        }
    },
    SET(false) {
        @Override
        boolean accepts(Reply reply) {
            return isOk(reply);
        }
    },
    SET_IF_ABSENT(false) {
        @Override
        boolean accepts(Reply reply) {
            return isOk(reply) || reply == Reply.Nil.NIL;
        }
    },
    DELETE(false) {
        @Override
        boolean accepts(Reply reply) {
            return reply instanceof Reply.Int;
        }
    },
    REFRESH_TTL(false) {
        @Override
        boolean accepts(Reply reply) {
            return reply instanceof Reply.Int;
        }
    },
    /** AUTH and SELECT of a new connection. */
    SET_UP(false) {
        @Override
        boolean accepts(Reply reply) {
            return isOk(reply);
        }
    },
    PING(false) {
        @Override
        boolean accepts(Reply reply) {
            return reply instanceof Reply.Status status && status.text().equals("PONG");
        }
    };

    private final boolean repeatable;

    RedisOperation(boolean repeatable) {
        this.repeatable = repeatable;
    }

    /** Whether it may be sent again when it is not known if it took place: it changes nothing. */
    boolean repeatable() {
        return repeatable;
    }

    /** Whether such a reply can belong to this operation; if not, the answers of its connection are out of step. Errors always can. */
    abstract boolean accepts(Reply reply);

    private static boolean isOk(Reply reply) {
        return reply instanceof Reply.Status status && status.text().equals("OK");
    }
}
