print("CallRouter")
