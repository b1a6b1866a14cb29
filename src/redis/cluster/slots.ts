/** Which slot of a cluster a key or a sharded channel is in. */

const SLOTS = 16_384;

/** @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model CRC16, XMODEM */
export function slotOf(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(/\{([^}]+)\}/.exec(key)?.[1] ?? key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}
