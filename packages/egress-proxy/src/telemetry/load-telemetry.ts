import { OpenTelemetry } from './open-telemetry.ts'
import type { Telemetry } from './telemetry-event.ts'

/**
 * Telemetry through whatever provider the host application has registered with OpenTelemetry's API.
 *
 * @throws TypeError when the API is not installed
 */
export async function loadTelemetry(): Promise<Telemetry> {
  try {
    return new OpenTelemetry(await import('@opentelemetry/api'))
  } catch (cause) {
    throw new TypeError(
      'telemetry: @opentelemetry/api is not installed; run `npm install @opentelemetry/api`',
      { cause },
    )
  }
}
