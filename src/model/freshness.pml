/*
 * How a node knows that a cached record still holds: one record, one node, the database it reads, and the worst Redis there can be.
 * README.md says what is modelled and what is not. check.sh searches all states of this, and of this with each guard left out (-DNO_…).
 *
 * F1  No resurrection: what a node has applied, it never again decides against:                     assert(!resurrected)
 * F3  Nothing lost: when its tail finds nothing new, a node decides by the newest record            assert(!stale)
 *     and, given the newest record, does decide.                                                    assert(!undecided)
 *
 * "Ghost" is what no part of the real thing can see: it is there for the assertions.
 */

/* Bounds of the search. Requests, restarts, dropped fences and failovers of Redis are not bounded. */
#ifndef COMMITS
#define COMMITS 3
#endif
#ifndef OTHERS
#define OTHERS 1
#endif
#ifndef RESTORES
#define RESTORES 1
#endif

#ifdef NO_LOG_IN_TX
#define SNAPSHOTS (1 + 2 * COMMITS + RESTORES)
#else
#define SNAPSHOTS (1 + COMMITS + RESTORES)
#endif
#define SEQS (1 + COMMITS)
#define NIL SNAPSHOTS

/* ---- PostgreSQL: every state it was ever in. A record that was read is told by the number of the snapshot it was read in. ---- */

typedef Snapshot {
    byte epoch;
    byte seq;      /* the highest in the change log: asOf of a record read here */
    byte version;  /* of the record; or of its deletion, but that only the log knows */
    bit none;      /* there is no such record */
    byte versions; /* the sequence that versions are drawn from */
    byte history;  /* ghost: grows with every restore, as the epoch should */
    byte content;  /* ghost: the snapshot that brought this record; a version may be handed out again, this is not */
}

Snapshot at[SNAPSHOTS];
byte last;
byte row[(1 + RESTORES) * SEQS]; /* the change log: the content that came with this seq; 0: another record's */
byte pruned;                     /* the log's rows up to this seq are gone */

#define DB at[last]     /* its state now */
#define ROW(history, seq) row[(history) * SEQS + (seq)]

inline newSnapshot(from) {
    at[last + 1].epoch = at[from].epoch;
    at[last + 1].seq = at[from].seq;
    at[last + 1].version = at[from].version;
    at[last + 1].none = at[from].none;
    at[last + 1].versions = at[from].versions;
    at[last + 1].history = at[from].history;
    at[last + 1].content = at[from].content;
    last++
}

inline changeRecord() {
    DB.versions++;
    DB.version = DB.versions;
    DB.none = gone;
    DB.content = last;
    gone = 0
}

#ifdef NO_POLL
bit woken;
#endif

inline notify() {
    printf("database: snapshot %d: epoch %d, seq %d; record: version %d, none %d\n", last, DB.epoch, DB.seq, DB.version, DB.none)
#ifdef NO_POLL
    ;
    if
    :: woken = 1
    :: skip     /* lost */
    fi
#endif
    /* Else the tail may look at any time, so nothing depends on its being told. */
}

inline logChange(change) {
    DB.seq++;
    ROW(DB.history, DB.seq) = change;
    notify()
}

/* A transaction is one step: before its commit nobody sees any of it, so a writer that crashes has written all of it or nothing. */
active proctype Database() {
    byte commits, others, restores, backup, i, epochs;
    bit gone;
#ifdef NO_COMMIT_ORDER
    byte drawn;
#endif
end:
    do
    :: commits < COMMITS -> atomic {
        commits++;
        if
        :: gone = 0             /* created or changed */
        :: !DB.none -> gone = 1
        fi;
        newSnapshot(last);
        changeRecord();
#ifdef NO_LOG_IN_TX
        };
        if
        :: skip
        :: goto crashed         /* the change is there, and nothing tells of it */
        fi;
        atomic {
        newSnapshot(last);
#endif
        logChange(DB.content)
        }
    :: commits < COMMITS && others < OTHERS -> atomic {
        commits++;
        others++;
        newSnapshot(last);
        logChange(0)
        }
#ifdef NO_COMMIT_ORDER
    /* A number drawn before the commit is overtaken by another transaction's. */
    :: commits + 1 < COMMITS -> atomic {
        commits = commits + 2;
        newSnapshot(last);
        drawn = DB.seq + 1;
        DB.seq = DB.seq + 2;
        notify()
        };
        atomic {
        newSnapshot(last);
        changeRecord();
        ROW(DB.history, drawn) = DB.content;
        drawn = 0;
        notify()
        }
#endif
    /* Any earlier state, and a new epoch before a node can reach it. */
    :: restores < RESTORES && last > 0 -> atomic {
        restores++;
        do
        :: backup + 1 < last -> backup++
        :: break
        od;
        newSnapshot(backup);
        DB.history = restores;
#if defined(NO_NEW_EPOCH)
        /* as in the backup */
#elif defined(NO_FRESH_EPOCH)
        DB.epoch++;     /* counted on from the backup's */
#else
        epochs++;
        DB.epoch = epochs;
#endif
        i = 1;
        do
        :: i <= DB.seq -> ROW(DB.history, i) = ROW(at[backup].history, i); i++
        :: else -> break
        od;
        pruned = (pruned > DB.seq -> DB.seq : pruned);
        i = 0;
        backup = 0;
        notify()
        }
    :: pruned < DB.seq -> atomic { pruned++; printf("database: log pruned up to %d\n", pruned) }
    od;
crashed:
    skip
}

/* ---- The node: what its threads share. Between two steps of one thread the others run. ---- */

typedef Position {
    byte epoch;
    byte seq
}

typedef Fence {
    byte version;   /* 0: there is no fence */
    byte seq
}

Position applied;   /* what the tail has published; the barrier asks for it */
Position floor;     /* one reference: nothing read in another epoch counts, nor what was read before this seq */
Fence fence;
byte upTo;          /* rows in the tail's hands: after applied.seq, up to here */
bit atRest = 1;     /* the tail is between two pieces of work */
byte held = NIL;    /* a record that was accepted once, and is there to be used again: … */
bit inFlight;       /* … in the near cache; or, if set, the result of a look-up that others wait for */
bit accepted;       /* the check of the request that is under way, so far */
bit newest;         /* ghost: it must not fail */

byte doneHistory;   /* ghost: the newest content that is published as applied */
byte doneContent;

#ifdef NO_POLL
#define NEWS (woken)
#else
#define NEWS (applied.epoch != DB.epoch || applied.seq != DB.seq)
#endif
#define CAUGHT_UP (atRest && upTo == applied.seq && !NEWS)

inline setFloor(newEpoch, newSeq) {
    d_step { floor.epoch = newEpoch; floor.seq = newSeq; printf("tail: floor is epoch %d, seq %d\n", floor.epoch, floor.seq) }
}

inline raiseFloorTo(newSeq) {
    d_step { floor.seq = (newSeq > floor.seq -> newSeq : floor.seq); printf("floor raised to seq %d\n", floor.seq) }
}

inline dropFence() {
    d_step { fence.version = 0; fence.seq = 0; printf("fence dropped\n") }
}

inline raiseFence() {
#ifndef NO_FENCE
    if
    :: at[ROW(history, s)].version > fence.version -> fence.version = at[ROW(history, s)].version; fence.seq = s
    :: else
    fi;
    printf("tail: seq %d: fence is version %d\n", s, fence.version)
#else
    skip
#endif
}

inline evict() {
    if
    :: held != NIL && !inFlight -> held = NIL
#ifdef NO_RECHECK
    :: else
#else
    :: skip     /* Nothing rests on it. */
#endif
    fi
}

inline publishHead() {
    applied.epoch = at[seen].epoch;
    applied.seq = at[seen].seq;
    upTo = applied.seq;
    doneHistory = at[seen].history;
    doneContent = at[seen].content;
    printf("tail: published epoch %d, seq %d\n", applied.epoch, applied.seq)
}

inline publishRow() {
    applied.seq = s;
    if
    :: ROW(history, s) -> doneHistory = history; doneContent = ROW(history, s)
    :: else
    fi;
    printf("tail: published seq %d\n", s)
}

/* The floor first: who meets the old fence still refuses too much; who meets none any more must meet the new floor. */
inline startOver(floorSeq) {
#ifdef NO_FLOOR_FIRST
    dropFence();
    setFloor(at[seen].epoch, floorSeq);
#else
    setFloor(at[seen].epoch, floorSeq);
    dropFence();
#endif
    atomic { evict(); publishHead(); rest() }
}

inline rest() {
    seen = 0;
    s = 0;
    history = (upTo == applied.seq -> 0 : history);
    gap = 0;
    atRest = 1
}

/* Rows that are gone leave no trace among the others. */
inline missRows() {
    if
    :: pruned > applied.seq -> applied.seq = (pruned > at[seen].seq -> at[seen].seq : pruned)
    :: else
    fi
}

inline takeRows() {
    history = at[seen].history;
    upTo = at[seen].seq;
    rest()
}

active proctype Tail() {
    byte seen, history, s;
    bit gap;

end:
    do
    /* A poll: epoch, head, rows and how far they were pruned, in one snapshot. */
    :: upTo == applied.seq && NEWS -> atomic {
        atRest = 0;
#ifdef NO_POLL
        woken = 0;
#endif
        seen = last;
        printf("tail: poll sees snapshot %d, log pruned up to %d\n", seen, pruned);
        gap = (applied.seq < pruned || applied.seq > DB.seq);   /* rows are gone, or numbers run backwards */
#ifdef NO_GAP_CHECK
        if
        :: DB.epoch == applied.epoch -> missRows(); gap = 0
        :: else
        fi;
#endif
#ifndef NO_POLL_SNAPSHOT
        if
        :: !gap && DB.epoch == applied.epoch -> takeRows()
        :: else
        fi
#endif
        };
        if
        :: atRest
        :: !atRest && at[seen].epoch != applied.epoch ->
#ifdef NO_EPOCH_FLOOR
            startOver(0)
#else
            startOver(at[seen].seq)
#endif
        :: !atRest && at[seen].epoch == applied.epoch && gap ->
#ifdef NO_GAP_FLOOR
            startOver(floor.seq)
#else
            startOver(at[seen].seq)
#endif
#ifdef NO_POLL_SNAPSHOT
        :: !atRest && at[seen].epoch == applied.epoch && !gap -> d_step {
            if
            :: DB.history == at[seen].history -> missRows()
            :: else
            fi;
            takeRows()
            }
#endif
        fi

    /* The next row in hand. */
    :: upTo > applied.seq ->
#ifdef NO_FENCE_FIRST
        d_step { atRest = 0; s = applied.seq + 1; publishRow() };
        atomic { raiseFence(); evict(); rest() }
#else
        d_step { atRest = 0; s = applied.seq + 1; raiseFence() };
        atomic {
            if
            :: ROW(history, s) -> evict()
            :: else
            fi;
            publishRow();
            rest()
        }
#endif

#ifndef NO_SINGLE_WRITER
    /* Memory is bounded: any fence may have to go. */
    :: fence.version ->
#if defined(NO_FLOOR)
        dropFence()
#elif defined(NO_FLOOR_FIRST)
        d_step { atRest = 0; s = fence.seq; dropFence() };
        d_step { raiseFloorTo(s); rest() }
#else
        d_step { atRest = 0; raiseFloorTo(fence.seq) };
        d_step { dropFence(); rest() }
#endif
#endif

    /* A crash: all is gone. With rows in hand it is no different, those were not published. */
    :: upTo == applied.seq -> d_step {
        seen = last;
        printf("node starts\n");
#ifdef NO_START_FLOOR
        setFloor(at[seen].epoch, 0);
#else
        setFloor(at[seen].epoch, at[seen].seq);
#endif
        dropFence();
        held = NIL;
        inFlight = 0;
        accepted = 0;
        newest = 0;
        publishHead();
        rest()
        }
    od
}

#ifdef NO_SINGLE_WRITER
/* Somebody else drops fences, while the tail raises them. */
active proctype Dropper() {
end:
    do
    :: fence.version ->
        raiseFloorTo(fence.seq);
        dropFence()
    od
}
#endif

/* ---- Requests: any number, one after another. ---- */

#ifdef NO_EPOCH
#define SAME_EPOCH 1
#else
#define SAME_EPOCH (at[asOf].epoch == floor.epoch)
#endif

#ifdef NO_ASOF
#define ABOVE_FLOOR 1
#else
#define ABOVE_FLOOR (at[asOf].seq >= floor.seq)
#endif

#if defined(NO_NONE_FENCE)
#define PAST_FENCE (at[record].none || at[record].version >= fence.version)
#elif defined(NO_NONE_SEQ)
#define PAST_FENCE ((at[record].none -> 0 : at[record].version) >= fence.version)
#else
/* "There is none" has no version. It holds if it was read when the change that raised the fence could be seen. */
#define PAST_FENCE (at[record].none -> at[asOf].seq >= fence.seq : at[record].version >= fence.version)
#endif

inline pick() {
    if
    /* What this node kept. */
    :: held != NIL -> record = held
    /* What Redis has: anything a node ever read. It was filled late, not cleared, or fell back to an old copy of itself. */
    :: record = 0;
        do
        :: record < last -> record++
        :: break
        od
    /* What the primary says. If that is long ago by now, it is as if Redis had kept it. */
    :: record = last
    fi;
    asOf = record
#ifdef NO_SNAPSHOT
    ;
    if
    :: asOf = last
    :: skip
    fi
#endif
}

/* The outcome of a check is held against what was published, and what was newest, when it began. */
inline begin() {
    below = (at[record].history == doneHistory && at[record].version < at[doneContent].version
        || at[record].history < doneHistory && at[record].content != doneContent);
    old = (CAUGHT_UP && at[record].content != DB.content);
    newest = (CAUGHT_UP && record == last);
    printf("request: record of snapshot %d, version %d, none %d\n", record, at[record].version, at[record].none)
}

inline verdict() {
    resurrected = (accepted && below);
    stale = (accepted && old);
    undecided = (newest && record == last && !accepted);
    printf("request: accepted %d\n", accepted);
    assert(!resurrected);
    assert(!stale);
    assert(!undecided);
    below = 0;
    old = 0;
    newest = 0
}

inline forget() {
    accepted = 0;
    record = NIL;
    asOf = NIL
}

active proctype Request() {
    byte record = NIL, asOf = NIL;
    bit below, old, resurrected, stale, undecided;

end:
    do
#ifdef NO_RECHECK
    :: atomic { held != NIL && !inFlight -> record = held; accepted = 1; begin(); verdict(); forget() }
#endif
#ifdef NO_RECHECK_WAITER
    :: atomic { held != NIL && inFlight -> record = held; accepted = 1; begin(); verdict(); forget() }
#endif
#ifdef NO_TAIL_EPOCH
    /* An answer from the primary, however old, says what epoch it is. */
    :: atomic { record = 0; do :: record < last -> record++ :: break od; floor.epoch = at[record].epoch; record = NIL }
#endif
    /* The fence is read first, against the order in which they are written: who finds it gone finds the floor raised. */
    :: atomic {
        pick();
        begin();
#if defined(NO_FENCE_READ_FIRST)
        accepted = (SAME_EPOCH && ABOVE_FLOOR)
        };
        atomic {
        accepted = (accepted && PAST_FENCE);
#elif defined(NO_ONE_POSITION)
        accepted = (PAST_FENCE && SAME_EPOCH)
        };
        atomic {
        accepted = (accepted && ABOVE_FLOOR);
#else
        accepted = PAST_FENCE
        };
        atomic {
        accepted = (accepted && SAME_EPOCH && ABOVE_FLOOR);
#endif
        verdict();
        if
        :: accepted
        :: else -> forget()     /* The next one is tried; who runs out of tries answers 503. */
        fi
        };
        if
        :: atomic {
            accepted -> held = record;
            if
            :: inFlight = 0
            :: inFlight = 1
            fi;
            forget()
            }
        :: d_step { else -> forget() }
        fi
    od
}
