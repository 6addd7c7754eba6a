# METADATA
# title: An exception is not heeded
# custom:
#   id: XS003
#   name: exception-not-honoured
#   severity: warning
#   suppressible: false
#   paths: []
#   statements: []
#   needs: []
#   versions: []
#   title.ja: 適用されない例外
#   applies:
#     en: "no exception is written, or none is heeded"
#     ja: "例外の記述がないか、例外を適用しない設定です"
#   message:
#     en: "{rule} allows no exception, so this one is not heeded"
#     ja: "{rule} には例外が認められていないため、この例外は適用されません"
#   fix:
#     en: "Cure the finding and take the exception out; who answers for exlint.toml decides which rules allow none (`suppressible`)"
#     ja: "検出された問題を解消し、例外を削除します。例外を認めない規則は exlint.toml の責任者が `suppressible` で決めます"
#   variants:
#     endless:
#       message:
#         en: "The profile heeds only exceptions that end within a year, and this one for {rule} has no end"
#         ja: "プロファイルは一年以内に期限の切れる例外だけを適用します。この {rule} の例外には期限がありません"
#       fix:
#         en: "Add an end within a year: `until`"
#         ja: "一年以内の期限を `until` で追加します"
#     long:
#       message:
#         en: "The profile heeds only exceptions that end within a year, and this one for {rule} ends on {until}"
#         ja: "プロファイルは一年以内に期限の切れる例外だけを適用します。この {rule} の例外の期限は {until} です"
#       fix:
#         en: "Set an end within a year: `until`"
#         ja: "`until` を一年以内の日付にします"
#   labels:
#     every: {en: "every rule", ja: "すべての規則"}
#     here: {en: "the exception", ja: "例外"}
package exlint.rules.exception_not_honoured

import rego.v1

import data.exlint.lib.excepted

applies if count(input.exceptions) > 0

variant("refused-rule") := {}

variant("refused-endless") := {"variant": "endless"}

variant("refused-long") := {"variant": "long"}

findings contains finding if {
	some exception in input.exceptions
	finding := object.union(excepted.finding(exception), variant(exception.state))
}
