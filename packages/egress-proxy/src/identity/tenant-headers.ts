/**
 * Headers by which a network tells a service which tenants it may serve, or a proxy tells a service who is
 * in front of it. Nobody inside has a reason to send one: they only ever narrow what the sender may do, so
 * that a sender of his own accord can gain nothing but a second value beside the one that somebody further
 * out sets, and a service that joins the two would serve both. Therefore a client's copy goes on under no
 * rule, `identity: "guest"` included; it is dropped rather than refused, as some programs that run behind a
 * company's proxy add them by habit. Sources, looked through in 2026-11: Anthropic, "Tenant restrictions";
 * GitHub, "Restricting access to GitHub.com using a corporate proxy"; Google Workspace, "Block access to
 * consumer accounts"; Microsoft Entra, "Tenant restrictions" v1 and v2; Slack, "Approve Slack workspaces for
 * your network"; Dropbox, "Network control"; OpenAI, "Tenant restrictions for ChatGPT".
 */
export const tenantHeaders: ReadonlySet<string> = new Set([
  'anthropic-allowed-org-ids',
  'chatgpt-allowed-workspace-id',
  'sec-github-allowed-enterprise',
  'x-googapps-allowed-domains',
  'x-goog-allowed-resources',
  'restrict-access-to-tenants',
  'restrict-access-context',
  'sec-restrict-tenant-access-policy',
  'x-dropbox-allowed-team-ids',
  'x-slack-allowed-workspaces',
  'x-slack-allowed-workspaces-requester',
  'x-box-allowed-enterprise-ids',
  'x-webex-allowed-domains',
  'youtube-restrict',
])
