extension ModelConnection {
    func createItem(_ json: StandInJSON) throws(ModelConversation.Refusal) {
        let item = try ModelConversation.Item(reading: json["item"], generatedID: self.newItemID())
        let previous = try self.conversation.insert(item, after: json["previous_item_id"]?.string)
        if case .functionCallOutput(let callID, let output) = item.content {
            self.record.update { record in
                guard let index = record.toolCalls.lastIndex(where: { $0.callID == callID }) else { return }
                record.toolCalls[index].output = output
                record.toolCalls[index].answeredAt = .now
            }
        }
        self.send("conversation.item.added", [("previous_item_id", StandInJSON(previous)), ("item", item.json)])
        self.send("conversation.item.done", [("previous_item_id", StandInJSON(previous)), ("item", item.json)])
    }

    func deleteItem(_ json: StandInJSON) throws(ModelConversation.Refusal) {
        guard let id = json["item_id"]?.string else { throw .missing("item_id") }
        try self.conversation.delete(id)
        self.send("conversation.item.deleted", [("item_id", .string(id))])
    }

    func retrieveItem(_ json: StandInJSON) throws(ModelConversation.Refusal) {
        guard let id = json["item_id"]?.string else { throw .missing("item_id") }
        guard let item = self.conversation.item(id) else {
            throw ModelConversation.Refusal(
                code: "item_retrieve_invalid_item_id",
                message: "Error retrieving item: the item with id '\(id)' does not exist.",
                param: "item_id"
            )
        }
        self.send("conversation.item.retrieved", [("item", item.json)])
    }

    func truncateItem(_ json: StandInJSON) throws(ModelConversation.Refusal) {
        guard let id = json["item_id"]?.string else { throw .missing("item_id") }
        let end = json["audio_end_ms"]?.int
        var truncation = ModelConnectionRecord.Truncation(
            itemID: id,
            itemNumber: self.record.read { record in record.spoken.last { $0.itemID == id }?.number },
            endMilliseconds: end ?? -1,
            at: .now
        )
        do throws(ModelConversation.Refusal) {
            try self.conversation.truncate(id, contentIndex: json["content_index"]?.int, endMilliseconds: end)
        } catch {
            truncation.refusal = error.message
            let refused = truncation
            self.record.update { $0.truncations.append(refused) }
            throw error
        }
        let accepted = truncation
        self.record.update { $0.truncations.append(accepted) }
        self.send(
            "conversation.item.truncated",
            [("item_id", .string(id)), ("content_index", 0), ("audio_end_ms", StandInJSON(end ?? 0))]
        )
    }
}
