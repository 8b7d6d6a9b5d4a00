package io.weirkeeper.verticles.bus;

/**
 * Where a pipeline process listens.
 *
 * @param address host address
 * @param port TCP port
 * @param bearerToken token of this one instance; never logged
 * @param pipelineName for error messages
 */
public record ProcessRoute(String address, int port, String bearerToken, String pipelineName) {

  /** Hides the token. */
  @Override
  public String toString() {
    return "ProcessRoute[" + address + ":" + port + ", pipeline=" + pipelineName + "]";
  }
}
