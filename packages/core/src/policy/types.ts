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
   * or nothing. A slash that a client escapes is part of its segment, and only a template that has it there
   * is met: `/*%2F*`, as npm asks for packages with a scope. Default: any path.
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
  /**
   * What a body may be. A request whose body is of none of these kinds is refused; one without a body is
   * not. What was judged is what is sent: JSON is written anew from what was read. Default: any body that
   * carries nobody's identity.
   */
  readonly body?: BodyRule | undefined
  /**
   * Whose name is on the request. `anonymous` (default): nobody's; a request that carries a key, a token or
   * a cookie is refused. The id of a credential: the proxy sets that one, and no other may be there; HTTPS
   * that is read only. `guest`: programs inside bring their own, which lets whatever the host takes leave in
   * an attacker's name; `auditPolicy` says so.
   */
  readonly identity?: string | undefined
  /**
   * The service whose ways are known: only the headers that it needs go on, and what makes new credentials
   * there is refused. Default: the one that the host belongs to, if any.
   */
  readonly profile?: string | undefined
  /**
   * Headers that the proxy sets, in lower case, by which a service refuses every tenant but these:
   * `{ "anthropic-allowed-org-ids": "…" }`. A client's own are never passed on. Not for tunnels.
   */
  readonly tenant?: Readonly<Record<string, string>> | undefined
  /** TLS passes unread, after a look at the name that it is for. Default `false`. */
  readonly tunnel?: boolean | undefined
  /** Whether a GET that fits the rule may change to WebSocket. Default `false`. */
  readonly websocket?: boolean | undefined
  readonly reason?: string | undefined
}

/** What a single value of a body may be. */
export type JsonScalar = string | number | boolean | null

/**
 * A condition on every value that a pattern finds in a JSON body. Patterns are JSON pointers (RFC 6901), in
 * which `*` is any one key or index and `**` any number of them: `/tools/*\/type`, `/messages/**\/source/url`.
 * Exactly one of the others stands beside `at`. A pattern that finds nothing is met, unless `required`.
 */
export interface JsonCondition {
  readonly at: string
  /** Nothing may be there. */
  readonly absent?: true | undefined
  /** One of these values. */
  readonly oneOf?: readonly JsonScalar[] | undefined
  /** An object that has no other keys. */
  readonly keys?: readonly string[] | undefined
  /** A string that is a URL of https, without user and port, whose host is one of these patterns. */
  readonly urlHosts?: readonly string[] | undefined
  /** A string that is a `data:` URL (RFC 2397), which holds what it names, so that nobody fetches anything. */
  readonly dataUrl?: true | undefined
  /** A string, or an array or object, of this length at most: UTF-16 code units, items or keys. */
  readonly maxLength?: number | undefined
  /** Something must be there. Default `false`. */
  readonly required?: boolean | undefined
}

/** One part that a `multipart/form-data` body may have. */
export interface PartRule {
  /** Default 1. */
  readonly max?: number | undefined
  /** Media types, without parameters. Default: any. */
  readonly types?: readonly string[] | undefined
  /** Whether it may be a file, with a name. Default `false`. */
  readonly file?: boolean | undefined
  /** Bytes of its content. Default: what the whole may have. */
  readonly maxBytes?: number | undefined
  /** Its whole content, as UTF-8. Default: any. */
  readonly oneOf?: readonly string[] | undefined
}

/** What a body may be: of one of these kinds. */
export interface BodyRule {
  /** `application/json` and `application/…+json`: no key twice, nothing behind the value. */
  readonly json?:
    | {
        /** The keys that the object at the top may have. Default: any, and it need not be an object. */
        readonly keys?: readonly string[] | undefined
        readonly where?: readonly JsonCondition[] | undefined
      }
    | undefined
  /** `application/x-www-form-urlencoded`: these keys, each with values as in `AllowRule.query`. */
  readonly form?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** `multipart/form-data`: these parts, by name. */
  readonly multipart?: Readonly<Record<string, PartRule>> | undefined
  /** GraphQL over JSON: one operation, whose kind and fields at the top are named. */
  readonly graphql?:
    | {
        /** `viewer`, `repository`. Default: none. */
        readonly queries?: readonly string[] | undefined
        readonly mutations?: readonly string[] | undefined
        readonly subscriptions?: readonly string[] | undefined
      }
    | undefined
  /** gRPC over HTTP/2: `package.Service/Method`, or `package.Service/*`. */
  readonly grpc?: readonly string[] | undefined
  /** Bytes, decoded. Default: the proxy's `limits.judgedBodyBytes`, which it cannot exceed. */
  readonly maxBytes?: number | undefined
}

/**
 * Something planted inside that nobody has a reason to send anywhere: when it leaves, somebody went through
 * what he should not. The request is refused and told as an alarm.
 */
export interface Canary {
  /** The value, where the host application plants it itself: 12 to 4096 printable ASCII characters. */
  readonly value?: string | undefined
  /** A variable inside that gets it; without `value`, one that looks like `like` is made up. */
  readonly expose?: string | undefined
  /** Default `token`. */
  readonly like?: 'token' | 'aws-access-key' | 'github-token' | 'anthropic-key' | undefined
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
   * `observe`: what would be refused is told and let through, but not to ports that no rule could open, and not with
   * a secret, a dummy or a canary in it; no credential is put into it. Not
   * for untrusted code. Default `enforce`.
   */
  readonly mode?: 'enforce' | 'observe' | undefined
  /**
   * Whether programs that ignore proxy variables get out too, by a resolver and listeners inside. Default
   * `true`.
   */
  readonly transparent?: boolean | undefined
  readonly budgets?: Budgets | undefined
  /** Tripwires, by name. */
  readonly canaries?: Readonly<Record<string, Canary>> | undefined
  /** CIDRs. Private, loopback, link-local and metadata addresses are denied unless allowed here. */
  readonly addresses?:
    | {
        readonly allow?: readonly string[] | undefined
        readonly deny?: readonly string[] | undefined
      }
    | undefined
}

/**
 * A text that is read on the host, never inside. One line feed at its end is taken off. `ttlMs` is how long
 * it holds before it is read anew; default: until an upstream answers 401.
 */
export type SecretReference =
  /** A variable of the host process. */
  | { readonly env: string; readonly ttlMs?: number | undefined }
  /** A file, 1 MiB at most. */
  | { readonly file: string; readonly ttlMs?: number | undefined }
  /** A program and its arguments, run without a shell, which prints it; 30 s at most. */
  | { readonly command: readonly string[]; readonly ttlMs?: number | undefined }
  /** The text itself. It stands in the policy, so that whoever sees the policy sees it. */
  | { readonly static: string; readonly ttlMs?: number | undefined }
  /** A function of the host application: the gateway's option `providers`, by this name. */
  | { readonly provider: string; readonly ttlMs?: number | undefined }

/** OAuth 2.0: client credentials (RFC 6749, 4.4), or token exchange (RFC 8693) with `subject`. */
export interface OAuth2Source {
  /** `https:`; `http:` only on loopback. */
  readonly tokenUrl: string
  readonly clientId: string
  /** Default: none, for a public client. */
  readonly clientSecret?: SecretReference | undefined
  /** How the client proves itself: in `Authorization` (default) or in the form (RFC 6749, 2.3.1). */
  readonly clientAuth?: 'basic' | 'form' | undefined
  readonly scope?: string | undefined
  readonly audience?: string | undefined
  readonly resource?: string | undefined
  readonly subject?:
    | {
        readonly token: SecretReference
        /** Default `urn:ietf:params:oauth:token-type:access_token`. */
        readonly type?: string | undefined
        readonly requestedType?: string | undefined
      }
    | undefined
  /** Where the token is given back (RFC 7009) when the sandbox ends. Default: it is left to expire. */
  readonly revokeUrl?: string | undefined
}

/** An installation token of a GitHub App: an hour at most, for the repositories and rights that are named. */
export interface GitHubAppSource {
  /** App id or client id. */
  readonly appId: string
  readonly installationId: number
  /** The app's private key, PEM. */
  readonly privateKey: SecretReference
  /** Names without the owner. Default: all that the installation has. */
  readonly repositories?: readonly string[] | undefined
  /** `{ contents: "read" }`. Default: all that the installation has. */
  readonly permissions?: Readonly<Record<string, 'read' | 'write' | 'admin'>> | undefined
  /** Default `https://api.github.com`. */
  readonly apiUrl?: string | undefined
}

/** Keys of AWS, as they are; for the carrier `sigv4`. */
export interface AwsKeysSource {
  readonly accessKeyId: SecretReference
  readonly secretAccessKey: SecretReference
  readonly sessionToken?: SecretReference | undefined
}

/** Keys of AWS for a role, less than it has: STS `AssumeRole` with a session policy; for the carrier `sigv4`. */
export interface AwsRoleSource {
  readonly roleArn: string
  readonly keys: AwsKeysSource
  readonly region: string
  /** An IAM policy document: the rights are those of the role *and* of this. */
  readonly sessionPolicy?: Readonly<Record<string, unknown>> | undefined
  /** Default `caisson`. */
  readonly sessionName?: string | undefined
  /** 900 to 43 200. Default 3600. */
  readonly durationSeconds?: number | undefined
  readonly externalId?: string | undefined
  /** Default `https://sts.<region>.amazonaws.com`. */
  readonly endpoint?: string | undefined
}

/** A short-lived access token of a Google service account (IAM Credentials, `generateAccessToken`). */
export interface GcpImpersonationSource {
  /** Its e-mail address. */
  readonly serviceAccount: string
  readonly scopes: readonly string[]
  /** The caller's own access token. */
  readonly token: SecretReference
  /** Default 3600. */
  readonly lifetimeSeconds?: number | undefined
  readonly delegates?: readonly string[] | undefined
  /** Default `https://iamcredentials.googleapis.com`. */
  readonly endpoint?: string | undefined
}

/** A secret of HashiCorp Vault or OpenBao; its lease is revoked when the sandbox ends. */
export interface VaultSource {
  /** `https:`; `http:` only on loopback. */
  readonly address: string
  /** What is read below `/v1/`: `database/creds/readonly`, `secret/data/api`. */
  readonly path: string
  /** Which field of `data` (for the key-value engine, version 2: of `data.data`). */
  readonly field: string
  readonly token: SecretReference
  readonly namespace?: string | undefined
}

/** Where the secret of a credential comes from, on the host. */
export type CredentialSource =
  | SecretReference
  | { readonly oauth2: OAuth2Source }
  | { readonly githubApp: GitHubAppSource }
  | { readonly aws: AwsKeysSource }
  | { readonly awsRole: AwsRoleSource }
  | { readonly gcp: GcpImpersonationSource }
  | { readonly vault: VaultSource }

/** Where in a request the proxy puts the secret. What was there before is taken away. */
export type CredentialCarrier =
  /** A header, in lower case; with `scheme`, as in `Bearer <secret>`. */
  | { readonly header: string; readonly scheme?: string | undefined }
  /** `Authorization: Basic`, with this user name (RFC 7617). */
  | { readonly basic: string }
  /** A key of the query. */
  | { readonly query: string }
  /** A cookie. */
  | { readonly cookie: string }
  /**
   * The request is signed anew (AWS Signature Version 4), for this service and region only; the secret is
   * of a source `aws` or `awsRole`, or JSON as `credential_process` prints it. With `bucketOwner`, an
   * account id, S3 refuses buckets of other accounts.
   *
   * Libraries of AWS work with nothing but `expose: "AWS_ACCESS_KEY_ID"` and `AWS_REGION` in
   * `environment`, as long as bodies are buffers or text. For streams set
   * `AWS_REQUEST_CHECKSUM_CALCULATION=when_required` there too: else they put a checksum behind the body
   * (`STREAMING-UNSIGNED-PAYLOAD-TRAILER`), which is refused, as are chunks that are signed one by one and
   * presigned URLs. A body is read whole before it is signed: the proxy's `limits.judgedBodyBytes` bounds
   * it, so that larger objects go in parts. A rule by `paths` holds for path-style addresses
   * (`forcePathStyle`); the host name itself holds a bucket otherwise.
   */
  | {
      readonly sigv4: {
        readonly service: string
        readonly region: string
        readonly bucketOwner?: string | undefined
      }
    }
  /** A certificate and its key, both PEM in one text, shown in the TLS handshake. */
  | { readonly mtls: true }
  /** A segment of the path, counted from 0, behind a prefix that stays: `/bot<secret>/send` is `{ segment: 0, prefix: "bot" }`. */
  | { readonly path: { readonly segment: number; readonly prefix?: string | undefined } }
  /** A string in a JSON body, by JSON pointer (RFC 6901). */
  | { readonly json: string }

/** A secret that stays outside; the proxy adds it to the requests that rules name. */
export interface Credential {
  readonly source: CredentialSource
  readonly carrier: CredentialCarrier
  /**
   * The variable inside that holds a dummy of the right shape, another one in each sandbox, for programs
   * that do not start without a key. `AWS_ACCESS_KEY_ID` for the carrier `sigv4`; it sets
   * `AWS_SECRET_ACCESS_KEY`, too. Sent anywhere else than where the credential belongs, a dummy is refused
   * and told as an alarm. Default: none.
   */
  readonly expose?: string | undefined
  /** How the dummy looks, where a program checks: text before a random part: `sk-ant-api03-`. Default: by name. */
  readonly dummyPrefix?: string | undefined
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
