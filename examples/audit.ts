// What a policy lets somebody do who should not: the auditor, for people, for machines, and as a gate.
import { ok, strictEqual } from 'node:assert/strict'
import type { Policy } from '@caisson/core'

{
  // #region audit
  const { applyEdit, auditPolicy, formatFindings } = await import('@caisson/egress-proxy')

  const policy: Policy = {
    network: {
      allow: [{ host: 'api.anthropic.com', methods: ['GET', 'POST'], identity: 'guest' }],
    },
  }
  const findings = auditPolicy(policy)
  console.log(formatFindings(findings))

  // Each finding that an edit closes has that edit. Look again after each.
  const [worst] = findings
  const better = worst?.edit === undefined ? policy : applyEdit(policy, worst.edit)
  console.log(auditPolicy(better).map(({ severity, id }) => `${severity} ${id}`))
  // #endregion

  strictEqual(worst?.severity, 'critical')
  ok(auditPolicy(better).every(({ severity }) => severity !== 'critical'))
}

{
  // #region machines
  const { auditPolicy, resolveRegistries, toSarif } = await import('@caisson/egress-proxy')

  const policy: Policy = { network: { allow: [{ host: 'github.com', tunnel: true }] } }

  // Registries have other names in each company: the tools of this machine say which.
  const findings = auditPolicy(policy, { registries: await resolveRegistries() })

  // For code scanning: a file beside the policy, in the build.
  const log = toSarif(findings, { policyPath: 'sandbox/policy.json' })
  console.log(JSON.stringify(log).length, 'bytes of SARIF,', findings.length, 'findings')
  // #endregion

  ok(log.runs[0]?.results.some(({ level }) => level === 'error'))
}

{
  // #region strict
  const { createSandbox, SandboxError } = await import('@caisson/bubblewrap')

  // 'warn', the default, tells what is critical or high as events `log`; 'strict' starts nothing.
  const policy: Policy = { network: { allow: [{ host: 'github.com', tunnel: true }] } }
  const refused = await createSandbox({ policy, audit: 'strict' }).catch((error: unknown) => error)
  if (SandboxError.is(refused)) console.log(refused.code, refused.message)
  // #endregion

  ok(SandboxError.is(refused) && refused.code === 'POLICY_INVALID')
}
