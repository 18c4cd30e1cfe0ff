/**
 * Whether the environment demands that a driver can run here: `CAISSON_REQUIRE` is a list of driver
 * names, separated by commas. A machine that is meant to have a driver must not skip its tests.
 */
export function isDriverRequired(name: string): boolean {
  const names = (process.env['CAISSON_REQUIRE'] ?? '').split(',').map((word) => word.trim())
  return names.includes(name)
}
