// Loading a provider's catalogue: choose one, see what it would do here, load it. The server decides and says; everything
// that comes out of a file is shown as text.
(() => {
	const CATALOGUE_API = "support_credits.api.catalogue.";
	const MOST_BYTES = 256 * 1024;

	frappe.pages["support-credits-setup"].on_page_load = (wrapper) => {
		frappe.ui.make_app_page({ parent: wrapper, title: __("Load a Catalogue"), single_column: true });
		wrapper.setup = new CatalogueSetup(wrapper.page);
	};

	frappe.pages["support-credits-setup"].refresh = (wrapper) => wrapper.setup.start();

	class CatalogueSetup {
		constructor(page) {
			this.page = page;
			page.set_secondary_action(__("Settings"), () =>
				frappe.set_route("Form", "Support Credits Settings"),
			);
			this.body = $('<div class="sc-setup">').appendTo(page.main);
			$('<p class="text-muted">')
				.text(
					__(
						"A catalogue is one file with what you sell: packs, tiers, hours, reasons not to charge, and settings. You see what it does here before anything is written.",
					),
				)
				.appendTo(this.body);
			this.choices = $('<div class="sc-choices" role="radiogroup">')
				.attr("aria-label", __("Catalogue"))
				.appendTo(this.body);
			this.preview = $('<div class="sc-preview" aria-live="polite">').appendTo(this.body);
		}

		/** Asked anew whenever the page is opened: what is here may have changed. */
		start() {
			return call("shipped", {}, "GET").then((found) => {
				this.choices.empty();
				found.forEach((one) => this.add_shipped(one));
				this.add_upload();
				this.clear();
			});
		}

		clear() {
			this.chosen = null;
			this.preview.empty();
			this.page.clear_primary_action();
			this.mark(null);
		}

		add_shipped(one) {
			const about = [
				one.packs === 1 ? __("1 pack") : __("{0} packs", [one.packs]),
				one.tiers === 1 ? __("1 tier") : __("{0} tiers", [one.tiers]),
				one.calendars === 1 ? __("1 calendar") : __("{0} calendars", [one.calendars]),
				one.currency,
			];
			const card = choice(one.provider, about.join(" · "), "file").appendTo(this.choices);
			card.attr("data-name", one.name).on("click", () => this.choose({ name: one.name }, card));
		}

		add_upload() {
			const card = choice(
				__("Your own file"),
				__("JSON, at most {0} KB", [MOST_BYTES / 1024]),
				"upload",
			);
			card.appendTo(this.choices);
			this.about_file = card.find(".text-muted");
			const input = $('<input type="file" accept=".json,application/json" class="hidden">')
				.attr("aria-label", __("Your own file"))
				.insertAfter(card);
			card.on("click", () => input.trigger("click"));
			input.on("change", () => {
				const file = input[0].files[0];
				input.val("");
				if (file) {
					this.read(file, card);
				}
			});
		}

		read(file, card) {
			if (file.size > MOST_BYTES) {
				this.clear();
				this.show_errors([
					__("{0} is too big for a catalogue: at most {1} KB.", [file.name, MOST_BYTES / 1024]),
				]);
				return;
			}
			this.about_file.text(file.name);
			file.text().then((content) => this.choose({ content: content || " " }, card));
		}

		mark(card) {
			this.choices.find(".sc-choice").removeClass("chosen").attr("aria-checked", "false");
			card?.addClass("chosen").attr("aria-checked", "true");
		}

		choose(chosen, card) {
			this.clear();
			this.mark(card);
			this.chosen = { ...chosen, overwrite: 0 };
			return this.ask();
		}

		ask() {
			const asked = this.chosen;
			return call("preview_catalogue", asked).then((said) => {
				if (asked === this.chosen) {
					this.show(said);
				}
			});
		}

		show(said) {
			this.preview.empty();
			this.page.clear_primary_action();
			if (said.errors.length) {
				this.show_errors(said.errors);
				return;
			}
			const by_effect = group(said.records, "effect");
			const writes = (by_effect.created || []).length + (by_effect.changed || []).length;
			this.show_summary(by_effect);
			if (this.chosen.overwrite || said.records.some((record) => record.kept.length)) {
				this.add_overwrite();
			}
			show_records(this.preview, said.records);
			show_notes(this.preview, said.notes);
			if (writes) {
				this.page.set_primary_action(__("Load"), () => this.confirm(writes));
			} else {
				note(this.preview, __("Everything is here already. Loading would change nothing."), "green");
			}
		}

		show_errors(errors) {
			const box = $('<div class="sc-box red" role="alert">').appendTo(this.preview);
			$("<h5>").text(__("This catalogue cannot be loaded")).appendTo(box);
			const list = $("<ul>").appendTo(box);
			errors.forEach((error) => $("<li>").append($("<code>").text(error)).appendTo(list));
			$('<p class="text-muted small">')
				.text(__("Nothing was written. Correct the places named and choose the file again."))
				.appendTo(box);
		}

		show_summary(by_effect) {
			const summary = $('<div class="sc-summary">').appendTo(this.preview);
			Object.entries(EFFECTS()).forEach(([effect, { count, color }]) => {
				const number = (by_effect[effect] || []).length;
				if (number) {
					$(`<span class="indicator-pill ${color}">`).text(`${number} ${count}`).appendTo(summary);
				}
			});
		}

		add_overwrite() {
			const label = $('<label class="sc-overwrite">').appendTo(this.preview);
			$('<input type="checkbox">')
				.prop("checked", Boolean(this.chosen.overwrite))
				.on("change", (event) => {
					this.chosen = { ...this.chosen, overwrite: event.target.checked ? 1 : 0 };
					this.ask();
				})
				.appendTo(label);
			$("<span>").text(__("Also replace what was edited here")).appendTo(label);
		}

		confirm(writes) {
			frappe.confirm(__("Create or change {0} record(s) of this site?", [writes]), () => this.load());
		}

		load() {
			return call("load_catalogue", this.chosen).then((done) => {
				this.clear();
				this.show_done(done);
			});
		}

		show_done(done) {
			const box = $('<div class="sc-box green" role="status">').appendTo(this.preview);
			$("<h5>").text(__("The catalogue is loaded")).appendTo(box);
			const written = done.records.filter((record) => ["created", "changed"].includes(record.effect));
			$("<p>")
				.text(__("{0} record(s) were created or changed.", [written.length]))
				.appendTo(box);
			const links = $('<div class="sc-links">').appendTo(box);
			const doctypes = ["Credit Pack", "Support Tier", "Support Calendar", "Exemption Reason"];
			doctypes.forEach((doctype) => go(links, __(doctype), ["List", doctype]));
			go(links, __("Support Credits"), ["Workspaces", "Support Credits"]);
			show_notes(this.preview, done.notes);
		}
	}

	/** How a record's effect is said, in the order in which they are shown. */
	function EFFECTS() {
		return {
			created: { count: __("to be created"), color: "green" },
			changed: { count: __("to be changed"), color: "blue" },
			kept: { count: __("kept as edited here"), color: "orange" },
			same: { count: __("the same"), color: "gray" },
		};
	}

	function call(method, args, type = "POST") {
		return frappe
			.call({ method: CATALOGUE_API + method, args, type, freeze: type === "POST" })
			.then((answer) => answer.message);
	}

	function group(records, key) {
		return records.reduce((found, record) => {
			(found[record[key]] ??= []).push(record);
			return found;
		}, {});
	}

	function choice(title, about, icon) {
		const card = $('<button type="button" class="sc-choice" role="radio" aria-checked="false">');
		card.append(frappe.utils.icon(icon, "md"));
		const text = $('<span class="sc-choice-text">').appendTo(card);
		$('<span class="sc-choice-title">').text(title).appendTo(text);
		$('<span class="text-muted small">').text(about).appendTo(text);
		return card;
	}

	function show_records(target, records) {
		Object.entries(group(records, "doctype")).forEach(([doctype, rows]) => {
			const section = $('<section class="sc-records">').appendTo(target);
			$("<h5>").text(__(doctype)).appendTo(section);
			const order = Object.keys(EFFECTS());
			rows.sort((one, other) => order.indexOf(one.effect) - order.indexOf(other.effect));
			rows.forEach((record) => show_record(section, record));
		});
	}

	function show_record(section, record) {
		const { count, color } = EFFECTS()[record.effect];
		const row = $('<div class="sc-record">').appendTo(section);
		const head = $('<div class="sc-record-head">').appendTo(row);
		const name = $('<span class="sc-record-name">').text(record.title).appendTo(head);
		if (record.title !== record.name && record.title !== __(record.name)) {
			$('<span class="text-muted small">').text(record.name).appendTo(name);
		}
		$(`<span class="indicator-pill ${color}">`).text(count).appendTo(head);
		show_new(row, record.new);
		record.changed.forEach((field) =>
			show_field(row, field, __("{0} becomes {1}", [shown(field.here), shown(field.catalogue)])),
		);
		record.kept.forEach((field) =>
			show_field(
				row,
				field,
				__("stays {0}, the catalogue has {1}", [shown(field.here), shown(field.catalogue)]),
			),
		);
	}

	/** In one paragraph: what is new is read over, not compared. */
	function show_new(row, fields) {
		if (fields.length) {
			const said = fields.map((field) => `${field.label}: ${field.catalogue}`);
			$('<p class="sc-new text-muted small">').text(said.join(" · ")).appendTo(row);
		}
	}

	function show_field(row, field, text) {
		const line = $('<div class="sc-field">').appendTo(row);
		$('<span class="text-muted">').text(field.label).appendTo(line);
		$("<span>").text(text).appendTo(line);
	}

	function shown(value) {
		return value === "" ? "–" : value;
	}

	function show_notes(target, notes) {
		notes.forEach((text) => $('<p class="text-muted small">').text(text).appendTo(target));
	}

	function note(target, text, color) {
		$(`<div class="sc-box ${color}" role="status">`).text(text).prependTo(target);
	}

	function go(target, label, route) {
		$('<button type="button" class="btn btn-default btn-sm">')
			.text(label)
			.on("click", () => frappe.set_route(...route))
			.appendTo(target);
	}
})();
