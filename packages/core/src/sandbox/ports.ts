/** Options of `ports.forward`. */
export interface ForwardOptions {
  /** A loopback address of the host to listen on. Default `127.0.0.1`. */
  readonly host?: '127.0.0.1' | '::1' | 'localhost' | undefined
  /** Port on the host; 0, the default, lets the system pick one. */
  readonly hostPort?: number | undefined
}

/** A port of the host's loopback that leads to a port inside. */
export interface PortForward extends AsyncDisposable {
  /** `http://127.0.0.1:41234`: an address for whoever speaks HTTP; nothing is assumed about the server. */
  readonly url: string
  readonly host: string
  /** Port on the host. */
  readonly port: number
  /** Stops listening and cuts the connections that go through. Idempotent. */
  close(): Promise<void>
}

/** Options of `ports.waitFor`. */
export interface WaitForPortOptions {
  /** Default 30 000. After it the promise rejects with `TIMEOUT`. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Servers inside. */
export interface SandboxPorts {
  /**
   * Listens on the host's loopback and carries each connection to a TCP port inside. Whatever runs on
   * the host can connect to it.
   */
  forward(port: number, options?: ForwardOptions): Promise<PortForward>
  /** Resolves when something inside listens on the port. Does not connect to it. */
  waitFor(port: number, options?: WaitForPortOptions): Promise<void>
  /** TCP ports that something inside listens on. */
  list(): Promise<number[]>
}
