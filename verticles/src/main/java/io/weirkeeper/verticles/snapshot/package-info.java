/**
 * What a GET answers: immutable, ready-made bytes per pipeline, published by the pipeline's
 * verticle after each commit and read by the HTTP verticles without waking anybody.
 */
package io.weirkeeper.verticles.snapshot;
