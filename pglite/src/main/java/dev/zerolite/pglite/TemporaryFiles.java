package dev.zerolite.pglite;

import dev.zerolite.pglite.fs.Directory;
import dev.zerolite.pglite.fs.ErrnoException;
import dev.zerolite.pglite.fs.FileTree;
import dev.zerolite.pglite.fs.Node;
import dev.zerolite.pglite.host.Engine;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What sessions had put aside, in sorts and in temporary tables, and could not remove since they
 * were killed: RemovePgTempFiles() of fd.c, which a postmaster calls when none of its children
 * runs.
 */
final class TemporaryFiles {
  private static final Logger LOG = LoggerFactory.getLogger(TemporaryFiles.class);

  /** PG_TEMP_FILES_DIR and PG_TEMP_FILE_PREFIX of common/file_utils.h. */
  private static final String ASIDE = "pgsql_tmp";

  /** A database's directory, of which only such have relations. */
  private static final Pattern DATABASE = Pattern.compile("[0-9]+");

  /** looks_like_temp_rel_name() of fd.c: backend, relation, fork and segment. */
  private static final Pattern RELATION =
      Pattern.compile("t[0-9]+_[0-9]+(_(fsm|vm|init))?(\\.[0-9]+)?");

  private final FileTree files;

  private TemporaryFiles(FileTree files) {
    this.files = files;
  }

  /** To be called while no process of the cluster runs. */
  static void removeFrom(FileTree files) {
    TemporaryFiles temporary = new TemporaryFiles(files);
    temporary.removeBelow(Engine.DATA_DIRECTORY + "/base");
    String tablespaces = Engine.DATA_DIRECTORY + "/pg_tblspc";
    if (files.find(tablespaces) instanceof Directory links) {
      for (String tablespace : links.names()) {
        String path = tablespaces + "/" + tablespace;
        if (files.find(path) instanceof Directory versions) {
          versions.names().forEach(version -> temporary.removeBelow(path + "/" + version));
        }
      }
    }
  }

  /** Of the databases of a tablespace. */
  private void removeBelow(String tablespace) {
    if (!(files.find(tablespace) instanceof Directory databases)) {
      return;
    }
    for (String name : databases.names()) {
      String path = tablespace + "/" + name;
      if (!(files.find(path) instanceof Directory directory)) {
        continue;
      }
      for (String file : directory.names()) {
        if (name.equals(ASIDE) && file.startsWith(ASIDE)
            || DATABASE.matcher(name).matches() && RELATION.matcher(file).matches()) {
          remove(path + "/" + file);
        }
      }
    }
  }

  /** Files that processes share lie in directories of their own (sharedfileset.c). */
  private void remove(String path) {
    Node node = files.find(path);
    if (node instanceof Directory directory) {
      directory.names().forEach(name -> remove(path + "/" + name));
    }
    try {
      files.remove(path);
    } catch (ErrnoException e) {
      LOG.warn("{} could not be removed: {}", path, e.getMessage()); // and is in nobody's way
    }
  }
}
