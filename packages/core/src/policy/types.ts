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

/** One allowed kind of request. Enforced by the egress proxy. */
export interface AllowRule {
  /** Exact name, or one leading `*.`. */
  readonly host: string
  /** Default `[443]`; `[80]` for `http-plain`. */
  readonly ports?: readonly number[] | undefined
  readonly protocol?: 'https' | 'http-plain' | 'tcp' | undefined
  readonly methods?: readonly string[] | undefined
  /** Path templates: `/v1/messages`, `/repos/acme/*`, `/repos/acme/**`. */
  readonly paths?: readonly string[] | undefined
  readonly query?: Readonly<Record<string, string | readonly string[]>> | undefined
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined
  readonly body?: Readonly<Record<string, unknown>> | undefined
  /** `anonymous` (default), `guest`, or the id of a credential. */
  readonly identity?: string | undefined
  readonly tunnel?: boolean | undefined
  readonly websocket?: boolean | undefined
  readonly reason?: string | undefined
}

/** One refused kind of request; judged before `allow`. */
export interface DenyRule {
  readonly host: string
  readonly ports?: readonly number[] | undefined
  readonly methods?: readonly string[] | undefined
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

/** What may be reached. Missing or empty means: nothing. */
export interface NetworkPolicy {
  readonly allow?: readonly (string | AllowRule)[] | undefined
  readonly deny?: readonly (string | DenyRule)[] | undefined
  /**
   * What `onAsk` of the host application may grant, request by request: the ceiling of every grant. Without
   * an `onAsk`, the same as not being there.
   */
  readonly ask?: readonly (string | AllowRule)[] | undefined
  /** `observe`: what would be refused is told and let through. Not for untrusted code. Default `enforce`. */
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
