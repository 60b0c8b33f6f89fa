import type { PackOffer } from "@/shared/api";

/** An order is for so many packs at most; the server holds to it. */
export const MOST_PACKS = 100;

export function isQuantity(count: number): boolean {
	return Number.isInteger(count) && count >= 1 && count <= MOST_PACKS;
}

/** What ``count`` packs cost, as a decimal number: exact, since no float ever holds it. */
export function total(pack: PackOffer, count: number): string {
	const [whole = "", part = ""] = pack.price.split(".");
	const units = (BigInt(whole + part) * BigInt(count)).toString().padStart(part.length + 1, "0");
	return part ? `${units.slice(0, -part.length)}.${units.slice(-part.length)}` : units;
}
