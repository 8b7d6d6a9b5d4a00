/**
 * What people who are asked for help want to see of a pipeline: collected now and then and on
 * demand, kept in files, handed out as an archive (spec: api-semantics §4.17).
 */
package io.weirkeeper.verticles.support;
