/** Tests of the Admin Service's events: what an entry says, and a consumer that loses its servers, its peers and its own life. */
@NullMarked
package io.portcullis.events;

import org.jspecify.annotations.NullMarked;
