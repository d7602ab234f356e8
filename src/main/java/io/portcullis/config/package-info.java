/**
 * What the operator decides: typed records, and the loader that fills them from defaults, one YAML file and the environment.
 *
 * <p>Guarantees: a record that exists is valid, by itself and across sections; loading returns a whole configuration or throws one
 * {@link io.portcullis.config.ConfigException} that lists every fault with its place, and nothing is applied by halves; a secret never
 * appears in a {@code toString}, a fault or a rendering. {@link io.portcullis.config.Keys} declares each key once: loader, environment
 * names, {@code config show} and {@code conf/gateway.yaml} all read it. {@link io.portcullis.config.Reloading} knows which of them a running
 * gateway takes over when its file changes; what it makes of the two configurations is valid as a whole, too.
 *
 * <p>May import auth, for its terms; no Vert.x. Reads no clock, no system property, no environment but the map it is given.
 */
@NullMarked
package io.portcullis.config;

import org.jspecify.annotations.NullMarked;
