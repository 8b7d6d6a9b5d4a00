package io.weirkeeper.core.compile;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A program to compile.
 *
 * @param requestId echoed in the result
 * @param programCode the SQL program
 * @param udfRust Rust source of user-defined functions; not supported, a non-blank text is an error
 * @param udfToml dependencies of {@code udfRust}
 */
public record CompileRequest(
    @JsonProperty("request_id") String requestId,
    @JsonProperty("program_code") String programCode,
    @JsonProperty("udf_rust") String udfRust,
    @JsonProperty("udf_toml") String udfToml) {}
