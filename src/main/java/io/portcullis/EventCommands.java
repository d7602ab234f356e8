package io.portcullis;

import picocli.CommandLine.Command;

/** Only the name that commands about events share. */
@Command(name = "events", description = "Events of the Admin Service.")
final class EventCommands {}
