/**
 * What the dialect's statements compute: compiled by the compiler process, run by the engine, and
 * compared.
 */
package io.weirkeeper.it.sql;
