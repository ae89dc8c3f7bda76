import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreTool;

/**
 * A MongoDB-protocol server whose acknowledgement means "written to the file".
 *
 * <p>The stock H2 backend acknowledges from memory and commits a second later. Here every command is
 * committed before it is answered, reads included: nobody is shown what a crash could take back.
 */
final class Launcher {

  /** Each commit writes a chunk of its own, about 10 KB: rewriting sparse chunks keeps the file from growing. */
  private static final int COMPACTION_PERIOD_MS = 5_000;

  private static final int COMPACTION_FILL_RATE_PERCENT = 50;
  private static final int COMPACTION_WRITE_BYTES = 1 << 20;
  private static final long REWRITE_AT_START_BYTES = 64L << 20;

  /** How long the pages that a commit replaced stay in the file: the kernel writes out in any order. */
  private static final int RETENTION_MS = 10_000;

  private Launcher() {}

  /** Arguments: host, port, file. */
  public static void main(String[] args) throws IOException {
    MVStore store = open(Path.of(args[2]));

    CommittingBackend backend = new CommittingBackend(store);
    backend.version(new AdvertisedVersion());
    MongoServer server = new MongoServer(backend);
    server.bind(args[0], Integer.parseInt(args[1]));

    var compactor =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "compactor");
              thread.setDaemon(true);
              return thread;
            });
    compactor.scheduleWithFixedDelay(
        backend::compact, COMPACTION_PERIOD_MS, COMPACTION_PERIOD_MS, TimeUnit.MILLISECONDS);

    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  compactor.shutdownNow();
                  server.shutdownNow();
                }));
  }

  private static MVStore open(Path file) throws IOException {
    MVStoreTool.compactCleanUp(file.toString());
    if (Files.exists(file) && Files.size(file) > REWRITE_AT_START_BYTES) {
      MVStoreTool.compact(file.toString(), false);
    }
    MVStore store =
        new MVStore.Builder()
            .fileName(file.toString())
            // Both automatic commits would write a command's half-made changes.
            .autoCommitDisabled()
            .autoCommitBufferSize(0)
            .open();
    store.setRetentionTime(RETENTION_MS);
    return store;
  }

  /** The backend's own 5.0 advertises wire version 8; drivers of today want 9 or more, and 5.0 speaks 13. */
  private record AdvertisedVersion() implements MongoVersion {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    @Override
    public int getWireVersion() {
      return 13;
    }
  }

  private static final class CommittingBackend extends H2Backend {

    /** Shared by commands, exclusive to commits: a command touches several maps, and they must land together. */
    private final ReadWriteLock changes = new ReentrantReadWriteLock();

    CommittingBackend(MVStore store) {
      super(store);
    }

    @Override
    public Document handleCommand(Channel channel, String database, String command, Document query) {
      changes.readLock().lock();
      try {
        // The backend knows the handshake under its old name only.
        String known = command.equals("hello") ? "isMaster" : command;
        return super.handleCommand(channel, database, known, query);
      } finally {
        changes.readLock().unlock();
        commit();
      }
    }

    /** One commit carries the changes of every command that finished before it; the others find nothing to do. */
    @Override
    public void commit() {
      changes.writeLock().lock();
      try {
        getMvStore().commit();
      } finally {
        changes.writeLock().unlock();
      }
    }

    void compact() {
      changes.writeLock().lock();
      try {
        getMvStore().compact(COMPACTION_FILL_RATE_PERCENT, COMPACTION_WRITE_BYTES);
      } finally {
        changes.writeLock().unlock();
      }
    }
  }
}
