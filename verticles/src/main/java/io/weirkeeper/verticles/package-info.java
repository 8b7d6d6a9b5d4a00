/**
 * The actors of the controller. {@code bus} is their language; {@code http}, {@code pipeline},
 * {@code compile} and {@code process} are the rooms they live in.
 */
package io.weirkeeper.verticles;
