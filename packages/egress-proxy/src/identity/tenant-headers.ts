/** A long list of Anthropic's goes on in numbered headers; it may hold 500 ids, and a header well over 16. */
const furtherLists: readonly string[] = Array.from(
  { length: 31 },
  (_none, index) => `anthropic-allowed-org-ids${index + 1}`,
)

/**
 * Headers by which a network tells a service which tenants it may serve, or a proxy tells a service who is
 * in front of it. Nobody inside has a reason to send one: they only ever narrow what the sender may do, so
 * that a sender of his own accord can gain nothing but a second value beside the one that somebody further
 * out sets, and a service that joins the two would serve both. Therefore a client's copy goes on under no
 * rule, `identity: "guest"` included; it is dropped rather than refused, as some programs that run behind a
 * company's proxy add them by habit. Where they are from (2026-11):
 * OpenAI's page "API organization blocking" and, as administrators quote them in public configurations,
 * Anthropic's "Tenant restrictions", OpenAI's "Workspace blocking", GitHub's "Restricting access with a
 * corporate proxy", Google Workspace's and Microsoft Entra's pages of the same kind (v1 and v2), and Gemini
 * Code Assist's. Those of Slack, Dropbox, Box, Webex and YouTube are from memory.
 */
export const tenantHeaders: ReadonlySet<string> = new Set([
  'anthropic-allowed-org-ids',
  ...furtherLists,
  'chatgpt-allowed-workspace-id',
  'openai-allowed-organization-ids',
  'sec-github-allowed-enterprise',
  'x-geminicodeassist-allowed-domains',
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
