package io.portcullis.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarXzTest {
    @TempDir
    Path target;

    @Test
    void programsStayExecutableAndLinksStayLinks() throws Exception {
        TarXz.unpack(archive(file("bin/run", 0755), file("share/text", 0644), link("lib/a.so", "b.so")), target);
        assertThat(target.resolve("bin/run")).isExecutable().hasContent("x");
        assertThat(Files.isExecutable(target.resolve("share/text"))).isFalse();
        assertThat(Files.readSymbolicLink(target.resolve("lib/a.so"))).hasToString("b.so");
    }

    @Test
    void entriesThatLeaveTheFolderAreRefused() throws Exception {
        for (TarArchiveEntry entry : new TarArchiveEntry[] {
            file("../outside", 0644), file("a/../../outside", 0644), link("lib/a", "../../outside"), link("b", "/etc")
        }) {
            InputStream archive = archive(entry);
            assertThatThrownBy(() -> TarXz.unpack(archive, target.resolve("in")))
                    .as(entry.getName())
                    .isInstanceOf(IOException.class);
        }
        assertThat(target.resolve("outside")).doesNotExist();
    }

    private static TarArchiveEntry file(String name, int mode) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode((TarArchiveEntry.DEFAULT_FILE_MODE & ~0777) | mode);
        entry.setSize(1);
        return entry;
    }

    private static TarArchiveEntry link(String name, String to) {
        TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
        entry.setLinkName(to);
        return entry;
    }

    private static InputStream archive(TarArchiveEntry... entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new XZCompressorOutputStream(bytes))) {
            for (TarArchiveEntry entry : entries) {
                tar.putArchiveEntry(entry);
                if (entry.getSize() == 1) {
                    tar.write('x');
                }
                tar.closeArchiveEntry();
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }
}
