# METADATA
# title: An exception is past its end
# custom:
#   id: XS002
#   name: exception-expired
#   severity: warning
#   suppressible: false
#   paths: []
#   statements: []
#   needs: []
#   versions: []
#   title.ja: 期限の過ぎた例外
#   applies:
#     en: "no exception is written, or none is heeded"
#     ja: "例外の記述がないか、例外を適用しない設定です"
#   message:
#     en: "The exception for {rule} ended on {until}, and what it hid is back"
#     ja: "{rule} の例外は {until} で期限が切れ、抑制されていた検出が再び有効になりました"
#   fix:
#     en: "Cure the finding; if its reason (\"{reason}\") still holds, let somebody decide on a new end"
#     ja: "検出された問題を解消します。理由 (「{reason}」) が今も成り立つ場合は、新しい期限を決め直します"
#   variants:
#     idle:
#       message:
#         en: "The exception for {rule} ended on {until}, and there is nothing left to hide"
#         ja: "{rule} の例外は {until} で期限が切れており、抑制する検出もありません"
#       fix:
#         en: "Take the exception out"
#         ja: "例外を削除します"
#   labels:
#     every: {en: "every rule", ja: "すべての規則"}
#     here: {en: "the exception", ja: "例外"}
package exlint.rules.exception_expired

import rego.v1

import data.exlint.lib.excepted

applies if count(input.exceptions) > 0

variant("expired") := {}

variant("expired-idle") := {"variant": "idle"}

findings contains finding if {
	some exception in input.exceptions
	finding := object.union(excepted.finding(exception), variant(exception.state))
}
