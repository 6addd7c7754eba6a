# METADATA
# title: Exception without an end, or with one that is far away
# custom:
#   id: CO003
#   name: exception-without-end
#   severity: warning
#   needs: [inventory]
#   title.ja: 期限がない、または期限が遠すぎる例外
#   message:
#     en: "The exception for {subject} has no end"
#     ja: "例外 {subject} に期限がありません"
#   fix:
#     en: "Give it an `until` of at most a year from now, or remove it"
#     ja: "1 年以内の `until` を指定するか、例外を削除します"
#   variants:
#     far:
#       message:
#         en: "The exception for {subject} ends on {until}, more than a year from now"
#         ja: "例外 {subject} の期限 {until} は 1 年以上先です"
#       fix:
#         en: "Shorten it to at most a year, and look at it again then"
#         ja: "期限を 1 年以内に短縮し、その時点で見直します"
package exlint.rules.exception_without_end

import rego.v1

# Dates are YYYY-MM-DD: as text they sort as they follow each other.
year_from_now := sprintf("%d%s", [to_number(year) + 1, rest]) if {
	year := substring(input.reference_date, 0, 4)
	rest := substring(input.reference_date, 4, -1)
}

named(flow) := sprintf("%s -> %s %s", [flow.from, flow.to, object.get(flow, "service", "any service")])

findings contains {"at": [flow.at], "args": {}, "subject": named(flow)} if {
	some flow in input.allowed_flows
	not flow.until
}

findings contains {"at": [flow.at], "args": {"until": flow.until}, "subject": named(flow), "variant": "far"} if {
	some flow in input.allowed_flows
	flow.until > year_from_now
}
