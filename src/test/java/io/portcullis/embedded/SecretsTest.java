package io.portcullis.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class SecretsTest {
    @TempDir
    Path folder;

    @Test
    void secretIsMadeOnceAndReadAgain() throws Exception {
        Path file = folder.resolve("secret");
        String made = Secrets.readOrCreate(file, Secrets::random);
        String again = Secrets.readOrCreate(file, () -> "another");
        assertThat(again).isEqualTo(made);
    }

    @Test
    void onlyTheOwnerMayReadTheFileAndItsFolder() throws Exception {
        Path file = folder.resolve("secrets/pepper");
        Secrets.readOrCreate(file, Secrets::random);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("secrets"))))
                .isEqualTo("rwx------");
    }

    @Test
    void creatorsAtTheSameMomentAllGetTheOneThatIsKept() throws Exception {
        int creators = 8;
        CyclicBarrier together = new CyclicBarrier(creators);
        ExecutorService threads = Executors.newFixedThreadPool(creators);
        try {
            for (int round = 0; round < 20; round++) {
                Path file = folder.resolve("secret-" + round);
                Callable<String> creator = () -> {
                    together.await();
                    return Secrets.readOrCreate(file, Secrets::random);
                };
                List<Future<String>> answers = new ArrayList<>();
                for (int i = 0; i < creators; i++) {
                    answers.add(threads.submit(creator));
                }
                Set<String> distinct = new HashSet<>();
                for (Future<String> answer : answers) {
                    distinct.add(answer.get());
                }
                assertThat(distinct).containsExactly(Files.readString(file).strip());
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void nothingElseStaysInTheFolder() throws Exception {
        Secrets.readOrCreate(folder.resolve("secret"), Secrets::random);
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void emptyFileIsRefusedRatherThanTakenForASecret() throws Exception {
        Path file = Files.writeString(folder.resolve("secret"), "\n");
        assertThatThrownBy(() -> Secrets.readOrCreate(file, Secrets::random))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void randomSecretsNeedNoEscaping() {
        assertThat(Secrets.random()).matches("[A-Za-z0-9_-]{32}").isNotEqualTo(Secrets.random());
    }
}
