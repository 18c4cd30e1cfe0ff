/** What may be done with a mount. `overlay` is copy-on-write: the host's folder is not touched until `commit`. */
export type MountAccess = 'read' | 'write' | 'overlay'

/** One folder or file of the host that the sandbox can see. */
export interface Mount {
  /** Path on the host; relative paths are taken from the host process's working directory. */
  readonly source: string
  /** Absolute path inside. Default: the canonical source path. */
  readonly target?: string | undefined
  readonly access: MountAccess
}

/** What of the host's files exists inside. Missing means: nothing. */
export interface FilesystemPolicy {
  /**
   * Where programs come from: `"host"` (default) shows `/usr`, `/bin`, `/lib*` and the few files of
   * `/etc` that programs need, read-only; `"none"` shows nothing; `{ image }` an OCI image.
   */
  readonly system?: 'host' | 'none' | { readonly image: string } | undefined
  readonly mounts?: readonly Mount[] | undefined
  /** Globs inside mounts that stay hidden. Relative globs match at the mount's root: `.env`, `**\/.env`. */
  readonly deny?: readonly string[] | undefined
  /** Globs inside writable mounts that stay read-only, added to the built-in list. */
  readonly protect?: readonly string[] | undefined
  /** Whether the built-in list of protected paths applies. Default `true`. */
  readonly protectDefaults?: boolean | undefined
  /** Size of the private `/tmp` and of the private home, in MiB each. Default 512. */
  readonly tmpMiB?: number | undefined
}

/**
 * One allowed kind of request. Enforced by the egress proxy. A host name alone is the rule that holds only
 * `host`: reading over HTTPS on port 443, without a credential.
 */
export interface AllowRule {
  /** Exact name, or one leading `*.`: every name below it at any depth, and not the name itself. */
  readonly host: string
  /**
   * Default `[443]`; `[80]` for `http-plain`. Ports 22, 25, 53 and 853 are refused: SSH and mail cannot be
   * judged, and names are looked up by the proxy.
   */
  readonly ports?: readonly number[] | undefined
  /**
   * `https` (default): TLS that the proxy opens, reads and closes again. `http-plain`: HTTP without TLS.
   * `tcp`: any bytes, unseen.
   */
  readonly protocol?: 'https' | 'http-plain' | 'tcp' | undefined
  /**
   * Default `GET`, `HEAD` and `OPTIONS`: what writes must be named. `CONNECT` and `TRACE` are refused.
   * Not for `tunnel` and `tcp`, where no request is seen.
   */
  readonly methods?: readonly string[] | undefined
  /**
   * Path templates, compared segment by segment, case counting: `/v1/messages`; `/repos/acme/*`, where `*`
   * is exactly one segment that is not empty; `/repos/acme/**`, where `**` at the end is whatever follows,
   * or nothing. Default: any path.
   */
  readonly paths?: readonly string[] | undefined
  /**
   * The query keys that a request may have, and no others: each with `"*"` (any value), one value, or a list
   * of values. A key that comes twice is refused unless every value of it is listed. No key has to be there.
   * Keys and values are compared decoded. Default: any query.
   */
  readonly query?: Readonly<Record<string, string | readonly string[]>> | undefined
  /**
   * The headers that a request may have, in lower case, with values as in `query`; beside them only plain
   * ones, which say how a message is sent, read or cached and carry nobody's identity (`accept` and its
   * kin, `user-agent`, `content-type`, `content-encoding`, `content-language`, `content-length`,
   * `cache-control`, `pragma`, `range`, `if-*`, `date`, `via`, `expect`, `te`, `trailer`, those of the
   * connection, and `sec-websocket-key`, `-version` and `-extensions`). A plain one that is named here is
   * held to its values too. Default: any header.
   */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** Refused in this release. */
  readonly body?: Readonly<Record<string, unknown>> | undefined
  /** `anonymous` (default), `guest`, or the id of a credential. Only `anonymous` in this release. */
  readonly identity?: string | undefined
  /** TLS passes unread, after a look at the name that it is for. Default `false`. */
  readonly tunnel?: boolean | undefined
  /** Whether a GET that fits the rule may change to WebSocket. Default `false`. */
  readonly websocket?: boolean | undefined
  readonly reason?: string | undefined
}

/**
 * One refused kind of request; judged before `allow`. Without `methods` and `paths`, connections are refused
 * too, and the name itself when no port is left. With them, only requests that match, so that a tunnel to
 * the same host and port is refused when the policy is compiled: nobody could keep the rule.
 */
export interface DenyRule {
  /** As in {@link AllowRule.host}. */
  readonly host: string
  /** Default: every port. */
  readonly ports?: readonly number[] | undefined
  /** Default: every method. */
  readonly methods?: readonly string[] | undefined
  /**
   * Path templates, as in {@link AllowRule.paths}; here a character of ``!$&'()*+,;=:@`` and its escape are
   * the same. Default: every path. A server that reads paths loosely may have spellings that no list
   * refuses: allow what is meant instead, where that is possible.
   */
  readonly paths?: readonly string[] | undefined
  /** Read by the caller's model. */
  readonly reason?: string | undefined
}

/** Bounds on what may leave. Each missing bound means the proxy's own default, never "unbounded". */
export interface Budgets {
  readonly bytesPerRequest?: number | undefined
  readonly bytesPerWindow?: number | undefined
  readonly windowMs?: number | undefined
  readonly bytesTotal?: number | undefined
  /** Path and query bytes for each host and window: what can leave through the URLs of allowed reads. */
  readonly urlBytesPerWindow?: number | undefined
  readonly requestsPerSecond?: number | undefined
  readonly openTunnels?: number | undefined
  readonly distinctNames?: number | undefined
}

/**
 * What may be reached. Missing or empty means: nothing. A request is allowed when some rule of `allow`
 * matches it and no rule of `deny` does; the order of rules does not count.
 */
export interface NetworkPolicy {
  readonly allow?: readonly (string | AllowRule)[] | undefined
  readonly deny?: readonly (string | DenyRule)[] | undefined
  /**
   * What `onAsk` of the host application may grant, request by request: the ceiling of every grant. Without
   * an `onAsk`, the same as not being there.
   */
  readonly ask?: readonly (string | AllowRule)[] | undefined
  /**
   * `observe`: what would be refused is told and let through, but not to ports that no rule could open. Not
   * for untrusted code. Default `enforce`.
   */
  readonly mode?: 'enforce' | 'observe' | undefined
  /**
   * Whether programs that ignore proxy variables get out too, by a resolver and listeners inside. Default
   * `true`.
   */
  readonly transparent?: boolean | undefined
  readonly budgets?: Budgets | undefined
  /** CIDRs. Private, loopback, link-local and metadata addresses are denied unless allowed here. */
  readonly addresses?:
    | {
        readonly allow?: readonly string[] | undefined
        readonly deny?: readonly string[] | undefined
      }
    | undefined
}

/** Where the secret of a credential is read, on the host. */
export type CredentialSource =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly string[] }
  | { readonly static: string }

/** Where in a request the proxy puts the secret. */
export type CredentialCarrier =
  | { readonly header: string; readonly scheme?: string | undefined }
  | { readonly basic: string }
  | { readonly query: string }
  | { readonly cookie: string }

/** A secret that stays outside; the proxy adds it to the requests that rules name. */
export interface Credential {
  readonly source: CredentialSource
  readonly carrier: CredentialCarrier
  /** The variable inside that holds a dummy of the right shape. */
  readonly expose?: string | undefined
}

/** Bounds on what a sandbox may use. A missing bound takes the default named in its comment. */
export interface ResourcePolicy {
  /** Processors, fractions allowed. Default: no bound. */
  readonly cpus?: number | undefined
  /** Memory of the whole sandbox, its private `/tmp`, home and overlays included, in MiB. Default 2048. */
  readonly memoryMiB?: number | undefined
  /** Processes and threads of the whole sandbox. Default 512. */
  readonly pids?: number | undefined
  /** What overlays may hold, in MiB, for each overlay mount. Default 1024. */
  readonly diskMiB?: number | undefined
  /** Open files of each process. Default 4096. */
  readonly openFiles?: number | undefined
  /** Longest time of one command, in milliseconds. Default: no bound. */
  readonly wallTimeMs?: number | undefined
  /** Most bytes of stdout and stderr together that one command may write before it is ended. Default: no bound. */
  readonly outputBytes?: number | undefined
}

/** Who the processes inside are. */
export interface ProcessPolicy {
  /** `"caller"` (default): the host process's user; a number: that user id, which only root may ask for. */
  readonly user?: 'caller' | number | undefined
  /** Default `sandbox`. */
  readonly hostname?: string | undefined
  /** Whether Unix sockets can be made inside. Default `true`: no socket of the host is visible. */
  readonly unixSockets?: boolean | undefined
  /** Nested user namespaces stay refused; the field exists so that the refusal can be written down. */
  readonly allowNestedNamespaces?: false | undefined
}

/**
 * What a sandbox may see, reach and use. The same on every driver. Missing means *nothing allowed*,
 * everywhere.
 */
export interface Policy {
  readonly filesystem?: FilesystemPolicy | undefined
  readonly network?: NetworkPolicy | undefined
  readonly credentials?: Readonly<Record<string, Credential>> | undefined
  /** Variables inside. Nothing is inherited but `LANG` and `TERM`; `PATH` is fixed. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly resources?: ResourcePolicy | undefined
  readonly process?: ProcessPolicy | undefined
}
