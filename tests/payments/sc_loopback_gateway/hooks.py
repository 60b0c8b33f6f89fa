app_name = "sc_loopback_gateway"
app_title = "Loopback Gateway"
app_publisher = "support_credits contributors"
app_description = "A payment gateway on loopback: for the tests of support_credits alone"
app_email = "support-credits@example.com"
app_license = "AGPL-3.0-only"
required_apps = ["payments", "support_credits"]

# How support_credits asks this gateway's provider what it took.
support_credits_gateway_charges = {"Loopback": "sc_loopback_gateway.reading.charges"}

# The payments app's own controllers have their providers' addresses in their code: here these lead to loopback.
before_request = ["sc_loopback_gateway.wires.lay"]
