// The precompiled header needs a library to belong to (cmake/torch.cmake).
