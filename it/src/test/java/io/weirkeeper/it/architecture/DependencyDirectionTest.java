package io.weirkeeper.it.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DependencyDirectionTest {
  private static final List<String> MODULES =
      List.of(
          "core",
          "conf",
          "metrics",
          "store",
          "cluster",
          "compiler",
          "engine",
          "verticles",
          "server");

  private static JavaClasses ours;

  @BeforeAll
  static void readClasses() {
    List<Path> roots =
        MODULES.stream().map(module -> Path.of("..", module, "target", "classes")).toList();
    assertThat(roots).allMatch(Files::isDirectory);
    ours = new ClassFileImporter().importPaths(roots);
    for (String module : MODULES) {
      assertThat(
              ours.stream().anyMatch(c -> c.getPackageName().startsWith("io.weirkeeper." + module)))
          .as("classes of module %s", module)
          .isTrue();
    }
  }

  @Test
  void the_core_is_pure() {
    noClasses()
        .that()
        .resideInAPackage("io.weirkeeper.core..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.vertx..",
            "java.net..",
            "java.sql..",
            "java.nio.file..",
            "java.util.concurrent..",
            "org.slf4j..",
            "org.apache.flink..")
        .check(ours);
  }

  @Test
  void only_the_store_speaks_sql_to_the_database() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.weirkeeper.store..",
            // The pipeline's own ad-hoc store is DuckDB, and the program starts a server of its
            // own.
            "io.weirkeeper.engine..",
            "io.weirkeeper.server.postgres..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.vertx.pgclient..", "io.vertx.sqlclient..", "java.sql..", "org.flywaydb..")
        .check(ours);
  }

  @Test
  void only_the_engine_knows_flink_and_only_the_compiler_knows_calcite() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.weirkeeper.engine..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.flink..", "org.duckdb..")
        .check(ours);
    noClasses()
        .that()
        .resideOutsideOfPackage("io.weirkeeper.compiler..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.calcite..")
        .check(ours);
  }

  @Test
  void only_the_cluster_module_knows_hazelcast() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.weirkeeper.cluster..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("com.hazelcast..", "io.vertx.spi.cluster.hazelcast..")
        .check(ours);
  }

  @Test
  void modules_depend_only_downwards() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("core")
        .definedBy("io.weirkeeper.core..")
        .layer("conf")
        .definedBy("io.weirkeeper.conf..")
        .layer("metrics")
        .definedBy("io.weirkeeper.metrics..")
        .layer("store")
        .definedBy("io.weirkeeper.store..")
        .layer("cluster")
        .definedBy("io.weirkeeper.cluster..")
        .layer("compiler")
        .definedBy("io.weirkeeper.compiler..")
        .layer("engine")
        .definedBy("io.weirkeeper.engine..")
        .layer("verticles")
        .definedBy("io.weirkeeper.verticles..")
        .layer("server")
        .definedBy("io.weirkeeper.server..")
        .whereLayer("server")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("verticles")
        .mayOnlyBeAccessedByLayers("server")
        .whereLayer("compiler")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("engine")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("cluster")
        .mayOnlyBeAccessedByLayers("verticles", "server")
        .whereLayer("store")
        .mayOnlyBeAccessedByLayers("cluster", "verticles", "server")
        .whereLayer("metrics")
        .mayOnlyBeAccessedByLayers("verticles", "server")
        .whereLayer("conf")
        .mayOnlyBeAccessedByLayers("verticles", "server")
        .check(ours);
  }

  @Test
  void no_package_is_named_after_what_it_is_not() {
    classes()
        .that()
        .resideInAPackage("io.weirkeeper..")
        .should()
        .resideOutsideOfPackages("..util..", "..common..", "..helper..", "..manager..", "..impl..")
        .check(ours);
  }
}
