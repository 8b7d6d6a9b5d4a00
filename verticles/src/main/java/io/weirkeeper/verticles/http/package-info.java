/**
 * The REST front: parsing, roles, routing, error bodies, and the way to a pipeline process (spec:
 * api-semantics). It decides nothing about a pipeline. The doors are {@link
 * io.weirkeeper.verticles.http.HttpVerticle} and {@link
 * io.weirkeeper.verticles.http.ManagementVerticle}.
 *
 * <p>A request goes: {@code Cors} → {@code auth.Authenticator} → {@code RouteTree} → {@code Gate} →
 * {@code Operation}'s handler. GETs of pipelines are written from the snapshot table; everything
 * else that concerns a pipeline is sent to its verticle; data-plane requests are piped to its
 * process by {@code ProcessProxy}.
 */
package io.weirkeeper.verticles.http;
