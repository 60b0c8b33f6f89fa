/** What the endpoints about orders answer: the types of support_credits/api/order_shapes.py. */

export interface OrderLine {
	order: string;
	customer: string;
	state: string;
	state_text: string;
	pack: string;
	pack_name: string;
	quantity: number;
	credits: number;
	validity_months: number;
	total: string;
	currency: string;
	total_text: string;
	tax_note: string;
	terms: string;
	terms_accepted: boolean;
	ordered_at: string;
	stands_until: string | null;
	paid_at: string | null;
	payment_reference: string;
	expires_on: string | null;
	may_act: boolean;
	door: string;
}

export interface Orders {
	orders: OrderLine[];
}

export interface ToPay {
	order: OrderLine;
	online: boolean;
	url: string;
	instructions: string;
	message: string;
}

export interface OrderEnded {
	order: string;
	state: string;
}
