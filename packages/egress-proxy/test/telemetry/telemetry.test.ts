import { metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EitherForm, get, good, outcome, type Wanted } from '../isolated/either-form.ts'
import { connectTo } from '../support/client.ts'
import { KeptTelemetry } from './kept-telemetry.ts'

const network = {
  allow: [
    { host: good, paths: ['/item/*'] },
    { host: '*.wild.test', protocol: 'tcp' as const },
  ],
}

for (const form of ['none', 'process'] as const) {
  describe(`telemetry of a proxy in form ${form}`, () => {
    let kept = new KeptTelemetry()

    beforeEach(() => {
      kept = new KeptTelemetry()
      trace.setGlobalTracerProvider(kept)
      metrics.setGlobalMeterProvider(kept.meters)
    })
    afterEach(() => {
      trace.disable()
      metrics.disable()
    })

    const open = (wanted: Wanted = {}): Promise<EitherForm> =>
      EitherForm.open(form, { network, telemetry: true, ...wanted })

    it('is a span for an exchange, by the conventions for HTTP, without its URL', async () => {
      await using proxied = await open()
      const talk = await proxied.intercepted()
      const text = await talk.send(get('/item/s3cr3t?q=s3cr3t', 'X-A: s3cr3t\r\n')).answer()
      expect(outcome(text)).to.equal('200')
      talk.destroy()
      await proxied.proxy.close()
      const [span, ...more] = kept.spans
      expect(more).to.deep.equal([])
      expect(span?.name).to.equal('GET /item/*')
      expect(span?.options).to.include({ kind: SpanKind.SERVER, root: true })
      expect(span?.attributes).to.include({
        'server.address': good,
        'server.port': 443,
        'http.request.method': 'GET',
        'url.template': '/item/*',
        'http.response.status_code': 200,
        'caisson.rule': 'network.allow[0]',
        'caisson.verdict': 'allow',
        'caisson.outcome': 'complete',
      })
      expect([span?.ended, span?.status]).to.deep.equal([1, null])
      expect(JSON.stringify(kept)).not.to.include('s3cr3t')
    })

    it('is a failed span for a refused request', async () => {
      await using proxied = await open()
      const talk = await proxied.intercepted()
      await talk.send(get('/s3cr3t')).answer()
      talk.destroy()
      await proxied.proxy.close()
      const [span] = kept.spans
      expect(span?.name).to.equal('GET')
      expect(span?.attributes).to.include({
        'caisson.code': 'path_not_allowed',
        'error.type': 'path_not_allowed',
        'server.address': good,
      })
      expect([span?.ended, span?.status?.code]).to.deep.equal([1, SpanStatusCode.ERROR])
      expect(JSON.stringify(kept)).not.to.include('s3cr3t')
    })

    it('names no host that the inside made up, and no method', async () => {
      await using proxied = await open()
      for (const host of ['s3cr3t.evil.test', 's3cr3t.wild.test']) {
        const { socket } = await connectTo(proxied.listener, `${host}:443`)
        socket.destroy()
      }
      const talk = await proxied.intercepted()
      await talk.send(get('/').replace('GET', 'S3CR3T')).answer()
      talk.destroy()
      await proxied.proxy.close()
      expect(JSON.stringify(kept)).not.to.match(/s3cr3t/i)
      const at = kept.spans.map(({ attributes }) => attributes['server.address'])
      expect(at).to.include('other').and.to.include('*.wild.test')
      expect(kept.spans.map(({ name }) => name)).to.include('_OTHER')
    })

    it('counts decisions, bytes, handshakes and open connections', async () => {
      await using proxied = await open()
      const talk = await proxied.intercepted()
      await talk.send(get('/item/1')).answer()
      await talk.send(get('/no')).answer()
      const isOpen = (): boolean => kept.sum('caisson.egress.connections') === 1
      while (!isOpen()) await new Promise((resolve) => setTimeout(resolve, 5))
      talk.destroy()
      await proxied.proxy.close()
      const decisions = 'caisson.egress.decisions'
      expect(kept.sum(decisions, { 'caisson.verdict': 'allow' })).to.equal(2)
      expect(kept.sum(decisions, { 'caisson.code': 'path_not_allowed' })).to.equal(1)
      expect(kept.sum('caisson.egress.handshakes')).to.equal(1)
      expect(kept.sum('caisson.egress.connections')).to.equal(0)
      const io = { 'server.address': good }
      const both = ['transmit', 'receive'].map((direction) =>
        kept.sum('caisson.egress.io', { ...io, 'network.io.direction': direction }),
      )
      expect(both.every((bytes) => bytes > 0)).to.equal(true)
    })

    it('holds nothing up when the provider throws', async () => {
      trace.disable()
      trace.setGlobalTracerProvider({
        getTracer: () => ({
          startSpan: () => {
            throw new Error('no')
          },
          startActiveSpan: () => undefined as never,
        }),
      })
      await using proxied = await open()
      const talk = await proxied.intercepted()
      expect(outcome(await talk.send(get('/item/1')).answer())).to.equal('200')
      talk.destroy()
    })

    it('is not there unless it is wanted', async () => {
      await using proxied = await open({ telemetry: false })
      const talk = await proxied.intercepted()
      await talk.send(get('/item/1')).answer()
      talk.destroy()
      await proxied.proxy.close()
      expect([kept.spans, kept.points]).to.deep.equal([[], []])
    })
  })
}

describe('telemetry without OpenTelemetry’s API', () => {
  it('is a TypeError that says what to install, and nothing when it is not wanted', () => {
    const folder = mkdtempSync(join(tmpdir(), 'caisson-no-api-'))
    try {
      const modules = join(folder, 'node_modules')
      const ours = join(modules, '@caisson', 'egress-proxy')
      mkdirSync(ours, { recursive: true })
      const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
      cpSync(place('../../dist'), join(ours, 'dist'), { recursive: true })
      cpSync(place('../../package.json'), join(ours, 'package.json'))
      symlinkSync(place('../../../core'), join(modules, '@caisson', 'core'))
      symlinkSync(place('../../../../node_modules/zod'), join(modules, 'zod'))
      const code = `
        import { createEgressProxy } from '@caisson/egress-proxy'
        const plain = await createEgressProxy({ policy: {} })
        await plain.close()
        await createEgressProxy({ policy: {}, telemetry: true }).catch((error) =>
          console.log(error.name, error.message))
      `
      const told = execFileSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: folder,
        encoding: 'utf8',
      })
      expect(told).to.equal(
        'TypeError telemetry: @opentelemetry/api is not installed; run `npm install @opentelemetry/api`\n',
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
