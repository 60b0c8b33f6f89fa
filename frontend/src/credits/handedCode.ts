const KEY = "sc_redeem";
const LONGEST = 40;

/** The code that a card's QR code has brought along, in the address or from before the login; it stays until used. */
export function handedCode(): string {
	const inAddress = new URLSearchParams(location.hash.slice(1)).get("redeem");
	if (inAddress) {
		keep(inAddress);
		// Out of the address, and so out of the browser's history and of what people copy.
		history.replaceState(history.state, "", location.pathname + location.search);
	}
	return (inAddress ?? kept()).slice(0, LONGEST);
}

/** The code was redeemed, or its reader typed another. */
export function forgetHandedCode(): void {
	try {
		sessionStorage.removeItem(KEY);
	} catch {
		// Without storage nothing was kept.
	}
}

function keep(code: string): void {
	try {
		sessionStorage.setItem(KEY, code);
	} catch {
		// Without storage the code is in the field all the same.
	}
}

function kept(): string {
	try {
		return sessionStorage.getItem(KEY) ?? "";
	} catch {
		return "";
	}
}
