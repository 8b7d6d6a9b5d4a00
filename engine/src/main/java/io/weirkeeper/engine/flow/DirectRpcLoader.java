package io.weirkeeper.engine.flow;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.rpc.RpcSystem;
import org.apache.flink.runtime.rpc.RpcSystemLoader;
import org.apache.flink.runtime.rpc.exceptions.RpcLoaderException;

/**
 * Takes Flink's RPC system from the class path. Flink's own loader unpacks a 24 MB archive into a
 * temporary folder and loads it by a class loader that no class-data archive covers.
 */
public final class DirectRpcLoader implements RpcSystemLoader {

  /** As the service loader calls it. */
  public DirectRpcLoader() {}

  /** Before Flink's own, whose priority is 0. */
  @Override
  public int getLoadPriority() {
    return -1;
  }

  @Override
  public RpcSystem loadRpcSystem(Configuration config) {
    try {
      return (RpcSystem)
          Class.forName("org.apache.flink.runtime.rpc.pekko.PekkoRpcSystem")
              .getConstructor()
              .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new RpcLoaderException("flink-rpc-akka is not on the class path", e);
    }
  }
}
