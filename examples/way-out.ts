// A sandbox with one way out, and the proxy by itself, behind a wall of your own.
import { ok, strictEqual } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { priceService } from './src/price-service.ts'

// Stands in for a service on the internet; without it there is no option `egress` to pass.
await using service = await priceService()
const { egress } = service
const run = promisify(execFile)
/** Stands in for somebody who is asked. */
const confirm = (question: string): boolean => question.startsWith('POST ')

{
  // #region sandbox
  const { createSandbox } = await import('@caisson/bubblewrap')

  await using sandbox = await createSandbox({
    policy: {
      network: {
        allow: [{ host: 'prices.example.test', methods: ['GET'], paths: ['/today', '/items/*'] }],
      },
    },
    egress,
  })

  // curl is told of the proxy by variables; a program that ignores them gets out all the same.
  const { stdout } = await sandbox.exec('curl -sS https://prices.example.test/today')

  // Everything else is refused before a byte of it leaves, and the result says what and why.
  const { denials } = await sandbox.exec(
    'curl -sS -T /etc/passwd https://prices.example.test/today; curl -sS https://elsewhere.example.test/',
  )
  for (const { target, message } of denials) console.log(target, '-', message)
  // #endregion
  strictEqual(stdout, 'a round is 12.50')
  strictEqual(denials.filter(({ source }) => source === 'proxy').length, 2)
  strictEqual(service.seen.join(), 'GET /today')
}

{
  const { mkdtemp, readFile, rm } = await import('node:fs/promises')
  const folder = await mkdtemp('/tmp/caisson-example-')
  const trail = `${folder}/trail.jsonl`
  const { createSandbox } = await import('@caisson/bubblewrap')
  {
    // #region asked
    await using sandbox = await createSandbox({
      policy: {
        network: {
          allow: ['prices.example.test'],
          // The ceiling of what onAsk may grant; without onAsk it is refused.
          ask: [{ host: 'prices.example.test', methods: ['POST'], paths: ['/orders'] }],
          budgets: { bytesPerRequest: 10_000 },
        },
      },
      egress: {
        ...egress,
        onAsk: ({ method, host, path }) => confirm(`${method} ${host}${path}?`),
        hooks: {
          onRequest: ({ path }) => (path === '/old' ? { deny: 'use /today instead' } : undefined),
        },
        audit: { path: trail },
      },
    })
    sandbox.on('request', ({ decision }) => console.log(decision.verdict, decision.code ?? ''))
    await sandbox.exec('curl -sS -d "a round" https://prices.example.test/orders')

    // All of `network` is replaced, at once, on open connections too.
    await sandbox.network.update({ allow: [{ host: 'prices.example.test', paths: ['/today'] }] })
    // #endregion
    const { denials } = await sandbox.exec('curl -sS https://prices.example.test/orders')
    strictEqual(denials.length, 1)
  }
  // #region trail
  const { verifyAuditTrail } = await import('@caisson/egress-proxy')

  // After the end of the sandbox: the trail is complete then.
  const verdict = verifyAuditTrail(await readFile(trail, 'utf8'))
  console.log(verdict.whole ? `${verdict.lines} lines` : `line ${verdict.line}: ${verdict.fault}`)
  // #endregion
  ok(verdict.whole && verdict.closed)
  strictEqual(service.seen.join(), 'GET /today,POST /orders')
  await rm(folder, { recursive: true })
}

{
  // #region standalone
  const { createEgressProxy } = await import('@caisson/egress-proxy')

  await using proxy = await createEgressProxy({
    policy: { network: { allow: ['prices.example.test'] } },
    ...egress,
  })
  proxy.on('decision', ({ verdict, host, code }) => console.log(verdict, host, code ?? ''))

  // On loopback, for whoever has the token: it is in the URL.
  const { url } = await proxy.listen()

  // Clients must trust the proxy's authority; each toolchain has a variable for that.
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises')
  const folder = await mkdtemp('/tmp/caisson-example-')
  await writeFile(`${folder}/ca.pem`, proxy.certificate)
  const env = { HTTPS_PROXY: url, CURL_CA_BUNDLE: `${folder}/ca.pem` }
  const { stdout } = await run('curl', ['-sS', 'https://prices.example.test/today'], { env })
  // #endregion
  try {
    const asked = ['-sS', '--cacert', `${folder}/ca.pem`, 'https://prices.example.test/today']
    strictEqual(stdout, 'a round is 12.50')
    const uninvited = run('curl', asked, { env: { HTTPS_PROXY: url.replace(/:[^:@/]*@/, ':no@') } })
    ok(await uninvited.then(() => false).catch(() => true), 'a wrong token lets nobody in')
  } finally {
    await rm(folder, { recursive: true })
  }
}
