package io.weirkeeper.simulation;

/** What goes wrong in a history. */
public enum Fault {
  /** A write certainly has no effect. */
  STORE_REFUSED,
  /** A write lands, but nobody hears of it. */
  STORE_UNKNOWN_LANDED,
  /** A write is lost, and nobody knows. */
  STORE_UNKNOWN_LOST,
  /** A write lands only after its writer has given up. */
  STORE_UNKNOWN_LATE,
  /** A write takes seconds. */
  STORE_SLOW,
  /** A reload fails. */
  STORE_RELOAD_FAILED,
  /** Somebody deletes the row by hand. */
  ROW_GONE,
  /** A compilation takes long. */
  COMPILER_SLOW,
  /** A compilation hangs until its time limit. */
  COMPILER_HANGS,
  /** The compiler dies. */
  COMPILER_DIES,
  /** The compiler's queue is full. */
  COMPILER_REFUSES,
  /** A process takes long to start. */
  LAUNCH_SLOW,
  /** The host has no room for a process. */
  LAUNCH_REFUSED,
  /** A process never reports. */
  LAUNCH_SILENT,
  /** A process dies before it reports. */
  LAUNCH_DIES,
  /** A running process dies. */
  PROCESS_DIES,
  /** A process refuses its lease. */
  GRANT_REFUSED,
  /** A grant gets no answer, whether it arrived or not. */
  GRANT_LOST,
  /** A status answer comes late. */
  STATUS_LATE,
  /** A status request is never answered. */
  STATUS_NEVER,
  /** A status answer can't be understood. */
  STATUS_GARBAGE,
  /** The process answers 503. */
  STATUS_503,
  /** The process answers 500: it is broken. */
  STATUS_500,
  /** The process reports once what it is not. */
  STATUS_LIE,
  /** The process ends its work by itself, after a checkpoint. */
  PROCESS_SUSPENDS,
  /** A process that was asked to suspend refuses, and works on. */
  SUSPEND_REFUSED,
  /** A process that was asked to suspend never has. */
  SUSPEND_HANGS,
  /** A process can't save its state, and says so. */
  SUSPEND_FAILS,
  /** A process dies while it saves its state. */
  SUSPEND_DIES,
  /** A process dies after it has saved its state, whether somebody has seen it or not. */
  SUSPENDED_DIES,
  /** Pause, resume or suspend gets no answer. */
  COMMAND_LOST,
  /** A killed process lives on for a while. */
  KILL_SURVIVED,
  /** A kill can't be carried out. */
  KILL_FAILED,
  /** A kill is never answered. */
  KILL_HANGS,
  /** The storage can't be removed. */
  REMOVAL_FAILED,
  /** The removal of storage is never answered. */
  REMOVAL_HANGS,
  /** It can't be told whether a process exists. */
  EXISTS_FAILED,
  /** A challenge gets no answer. */
  CHALLENGE_LOST,
  /** The controller is killed at any point and started again. */
  CONTROLLER_KILLED,
  /** The controller stops in order and is started again. */
  CONTROLLER_STOPPED,
  /** Another controller takes the pipeline over while the old one still acts. */
  CONTROLLER_REPLACED
}
