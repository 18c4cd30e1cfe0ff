import type {
  Attributes,
  Counter,
  Span,
  SpanKind,
  SpanStatusCode,
  Tracer,
  UpDownCounter,
} from '@opentelemetry/api'
import type { FinishedFigures } from '../audit/trail.ts'
import type { DecidedEvent, Telemetry, TelemetryEvent } from './telemetry-event.ts'

/** The parts of OpenTelemetry's API that are used. */
export interface TelemetryApi {
  readonly trace: { getTracer(name: string): Tracer }
  readonly metrics: {
    getMeter(name: string): {
      createCounter(name: string, options: InstrumentOptions): Counter
      createUpDownCounter(name: string, options: InstrumentOptions): UpDownCounter
    }
  }
  readonly SpanKind: { readonly SERVER: SpanKind }
  readonly SpanStatusCode: { readonly ERROR: SpanStatusCode }
}

interface InstrumentOptions {
  readonly description: string
  readonly unit: string
}

interface Started {
  readonly span: Span
  readonly pattern: string
}

const name = '@caisson/egress-proxy'
/** What is open at a time is bounded elsewhere; this bounds what is never told to be over. */
const mostOpen = 16_384

/**
 * A span for each exchange and tunnel, allowed or refused, by the semantic conventions of OpenTelemetry for
 * HTTP, and metrics. What the inside chose goes into neither: no path but the rule's template, no query, no
 * header, no host that no rule names (`other`), no method that HTTP does not define (`_OTHER`). Spans have no parent: what the inside says of a trace is not believed.
 */
export class OpenTelemetry implements Telemetry {
  readonly #api: TelemetryApi
  readonly #tracer: Tracer
  readonly #decisions: Counter
  readonly #bytes: Counter
  readonly #handshakes: Counter
  readonly #connections: UpDownCounter
  readonly #started = new Map<number, Started>()
  #open = 0

  constructor(api: TelemetryApi) {
    this.#api = api
    this.#tracer = api.trace.getTracer(name)
    const meter = api.metrics.getMeter(name)
    this.#decisions = meter.createCounter('caisson.egress.decisions', {
      description: 'Decisions of the way out, by verdict and code',
      unit: '{decision}',
    })
    this.#bytes = meter.createCounter('caisson.egress.io', {
      description: 'Bytes of exchanges and tunnels that are over, by direction and host',
      unit: 'By',
    })
    this.#handshakes = meter.createCounter('caisson.egress.handshakes', {
      description: 'TLS handshakes with clients that began',
      unit: '{handshake}',
    })
    this.#connections = meter.createUpDownCounter('caisson.egress.connections', {
      description: 'Connections of clients that are open',
      unit: '{connection}',
    })
  }

  record(event: TelemetryEvent): void {
    // A provider that throws is the host application's; nothing here depends on it.
    try {
      if (event.on === 'decided') this.#decided(event)
      else if (event.on === 'finished') this.#finished(event.sequence, event.figures)
      else if (event.on === 'handshake') this.#handshakes.add(1)
      else this.#count(event.by)
    } catch {
      return
    }
  }

  close(): void {
    this.record({ on: 'connections', by: -this.#open })
    for (const sequence of this.#started.keys()) this.#drop(sequence)
  }

  #decided(event: DecidedEvent): void {
    const { verdict, code, door, time, sequence } = event.decision
    this.#decisions.add(1, {
      'caisson.verdict': verdict,
      'caisson.door': door,
      ...(code === null ? {} : { 'caisson.code': code }),
    })
    if (!event.lasts && verdict === 'allow') return
    const span = this.#tracer.startSpan(spanName(event), {
      kind: this.#api.SpanKind.SERVER,
      startTime: time,
      attributes: attributesOf(event),
      root: true,
    })
    if (verdict === 'allow') this.#keep(sequence, { span, pattern: event.pattern ?? other })
    else {
      span.setStatus({ code: this.#api.SpanStatusCode.ERROR })
      span.end()
    }
  }

  #keep(sequence: number, started: Started): void {
    const [oldest] = this.#started.keys()
    if (oldest !== undefined && this.#started.size >= mostOpen) this.#drop(oldest)
    this.#started.set(sequence, started)
  }

  #drop(sequence: number): void {
    this.#started.get(sequence)?.span.end()
    this.#started.delete(sequence)
  }

  #finished(sequence: number, figures: FinishedFigures): void {
    const started = this.#started.get(sequence)
    if (started === undefined) return
    const { bytesOut, bytesIn, status, outcome } = figures
    const { span, pattern } = started
    const labels = { 'server.address': pattern }
    this.#bytes.add(bytesOut, { ...labels, 'network.io.direction': 'transmit' })
    this.#bytes.add(bytesIn, { ...labels, 'network.io.direction': 'receive' })
    span.setAttributes({
      'caisson.bytes_out': bytesOut,
      'caisson.bytes_in': bytesIn,
      'caisson.outcome': outcome,
      ...(status === null ? {} : { 'http.response.status_code': status }),
    })
    if (outcome === 'cut') span.setStatus({ code: this.#api.SpanStatusCode.ERROR })
    this.#drop(sequence)
  }

  #count(by: number): void {
    if (by === 0) return
    this.#open += by
    this.#connections.add(by)
  }
}

const other = 'other'
const methods = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '))

function attributesOf({ decision, pattern, template }: DecidedEvent): Attributes {
  const { verdict, code, door, port, rule, policyVersion } = decision
  return {
    'caisson.verdict': verdict,
    'caisson.door': door,
    'caisson.policy_version': policyVersion,
    // Below a wildcard the name was chosen inside: the pattern says whose it is.
    'server.address': pattern ?? other,
    ...(pattern === null || port === null ? {} : { 'server.port': port }),
    ...(decision.method === null ? {} : { 'http.request.method': methodOf(decision.method) }),
    ...(template === null ? {} : { 'url.template': template }),
    ...(rule === null ? {} : { 'caisson.rule': rule }),
    ...(code === null ? {} : { 'caisson.code': code, 'error.type': code }),
  }
}

/** `{method} {template}`, as the conventions have it: few different ones. */
function spanName({ decision: { method }, template }: DecidedEvent): string {
  if (method === null) return 'connect'
  return template === null ? methodOf(method) : `${methodOf(method)} ${template}`
}

function methodOf(method: string): string {
  return methods.has(method) ? method : '_OTHER'
}
