/**
 * Settings of the program: flag over environment over config file over default.
 *
 * <p>{@link io.weirkeeper.conf.Settings} is the door. There is one small record per concern; each
 * holds its {@link io.weirkeeper.conf.Key}s, from which parsing, the help text and the messages are
 * all made. To add a setting: add a key and a component to one of those records. Unknown or
 * unusable settings stop the start.
 */
package io.weirkeeper.conf;
