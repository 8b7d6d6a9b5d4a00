/** The layout that ARCHITECTURE.md tells, held against the compiled classes. */
package io.weirkeeper.it.architecture;
