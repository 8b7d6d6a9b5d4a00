/**
 * What the REST API says: error bodies and codes, request records, and the JSON of a pipeline
 * (spec: api-semantics).
 */
package io.weirkeeper.core.api;
