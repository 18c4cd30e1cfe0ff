/**
 * Why a request was refused, as a stable word. It stands in the JSON that answers the client, in
 * events and in the audit trail.
 *
 * | code | is |
 * |---|---|
 * | `bad_name` | a host, port or authority that is not in canonical form: refused, never repaired |
 * | `bad_request` | malformed, ambiguous or smuggling framing |
 * | `bad_path` | a path that two readers could read differently |
 * | `host_not_allowed` | no rule names the host |
 * | `port_not_allowed` | rules name the host, none on this port |
 * | `address_literal` | an address instead of a name |
 * | `denied_by_rule` | a `deny` rule matches |
 * | `method_not_allowed` `path_not_allowed` `query_not_allowed` `header_not_allowed` | rules name host and port, and none allows this request |
 * | `body_not_allowed` | rules name the request, and none allows what is in its body |
 * | `body_unreadable` | a body that has to be judged and cannot be read in one way only |
 * | `foreign_credential` | the request comes in a name that the rule does not give it |
 * | `dummy_misused` | a dummy of this sandbox, elsewhere than where its credential belongs |
 * | `minting_refused` | the request would make a new credential, or a session, out of ours |
 * | `credential_unavailable` `credential_revoked` | the rule's credential cannot be had, or was taken away |
 * | `secret_found` `canary_found` | what leaves holds a secret that is kept outside, or a canary |
 * | `response_unreadable` | an answer that may hold a secret is coded in a way that cannot be undone |
 * | `websocket_not_allowed` | the rule does not say `websocket: true` |
 * | `protocol_not_allowed` | TLS where plain HTTP is allowed, the reverse, or neither |
 * | `authority_mismatch` | `Host` or `:authority` is not the host that the connection is for |
 * | `sni_mismatch` | the name in the ClientHello is not that host, is missing, or may be hidden (ECH) |
 * | `address_denied` | the name leads to an address that the guard refuses |
 * | `self` | the way leads back to the proxy |
 * | `resolve_failed` `connect_failed` `tls_failed` `upstream_failed` | the upstream could not be reached, proved, or understood |
 * | `upstream_timeout` | the upstream took too long |
 * | `budget_request` `budget_window` `budget_total` `budget_url` `budget_names` | a byte or name budget is used up |
 * | `rate_limited` `too_many_tunnels` | too many at once |
 * | `ask_denied` `ask_timeout` `ask_failed` `ask_missing` | nobody granted what the policy lets be asked for |
 * | `hook_denied` `hook_failed` | a hook of the host application refused, threw, or was too late |
 * | `unauthorized` | no token, or a wrong one |
 * | `audit_failed` | the audit trail cannot be written, and policy wants it |
 * | `closed` | the proxy is closing, or a newer policy no longer allows it |
 * | `internal` | an unforeseen state: refused |
 */
export type ReasonCode =
  | 'bad_name'
  | 'bad_request'
  | 'bad_path'
  | 'host_not_allowed'
  | 'port_not_allowed'
  | 'address_literal'
  | 'denied_by_rule'
  | 'method_not_allowed'
  | 'path_not_allowed'
  | 'query_not_allowed'
  | 'header_not_allowed'
  | 'body_not_allowed'
  | 'body_unreadable'
  | 'foreign_credential'
  | 'dummy_misused'
  | 'minting_refused'
  | 'credential_unavailable'
  | 'credential_revoked'
  | 'secret_found'
  | 'canary_found'
  | 'response_unreadable'
  | 'websocket_not_allowed'
  | 'protocol_not_allowed'
  | 'authority_mismatch'
  | 'sni_mismatch'
  | 'address_denied'
  | 'self'
  | 'resolve_failed'
  | 'connect_failed'
  | 'tls_failed'
  | 'upstream_failed'
  | 'upstream_timeout'
  | 'budget_request'
  | 'budget_window'
  | 'budget_total'
  | 'budget_url'
  | 'budget_names'
  | 'rate_limited'
  | 'too_many_tunnels'
  | 'ask_denied'
  | 'ask_timeout'
  | 'ask_failed'
  | 'ask_missing'
  | 'hook_denied'
  | 'hook_failed'
  | 'unauthorized'
  | 'audit_failed'
  | 'closed'
  | 'internal'
