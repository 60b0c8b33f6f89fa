/** A key that makes one request happen once. Not crypto.randomUUID, which browsers keep for pages over TLS. */
export function newKey(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
		byte.toString(16).padStart(2, "0"),
	).join("");
}
