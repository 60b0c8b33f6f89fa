/** Statements as their endpoint answers them: the types of support_credits/api/statement_shapes.py. */

export interface StatementRow {
	at: string;
	kind: string;
	kind_text: string;
	credits: number;
	balance: number;
	counted: boolean;
	lot: string;
	ticket: string;
	subject: string;
	reason: string;
	entry: string;
}

export interface StatementPage {
	customer: string;
	at: string;
	balance: number;
	rows: StatementRow[];
	next: string;
	looked_back_to: string | null;
	digest: string;
	seq: number;
}
